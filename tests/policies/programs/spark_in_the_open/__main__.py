"""Data preparation with Spark, and tuning with Ray, brought over from a laptop."""

import pulumi_kubernetes as k8s

k8s.apiextensions.CustomResource(
    "features",
    api_version="sparkoperator.k8s.io/v1beta2",
    kind="SparkApplication",
    metadata={"name": "features", "namespace": "data", "labels": {"kueue.x-k8s.io/queue-name": "data"}},
    spec={
        "type": "Python",
        "mode": "cluster",
        "image": "apache/spark:4.0.1",
        "sparkVersion": "4.0.1",
        "mainApplicationFile": "local:///app/features.py",
        "sparkConf": {
            "spark.dynamicAllocation.enabled": "true",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": "s3a://acme-logs/spark",
            "spark.hadoop.fs.s3a.endpoint": "http://s3.us-east-1.amazonaws.com",
            "spark.hadoop.fs.s3a.access.key": "AKIAIOSFODNN7EXAMPLE",
            "spark.hadoop.fs.s3a.secret.key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        },
        "restartPolicy": {"type": "Always"},
        "volumes": [{"name": "work", "hostPath": {"path": "/home/ec2-user/work"}}],
        "driver": {"cores": 1, "memory": "2g", "serviceAccount": "spark"},
        "executor": {
            "cores": 4,
            "instances": 20,
            "memory": "16g",
            "env": [{"name": "DB_PASSWORD", "value": "correct-horse-battery-staple"}],
        },
    },
)
k8s.apiextensions.CustomResource(
    "tune",
    api_version="ray.io/v1",
    kind="RayJob",
    metadata={"name": "tune", "namespace": "data", "labels": {"kueue.x-k8s.io/queue-name": "data"}},
    spec={
        "entrypoint": "python tune.py",
        "rayClusterSpec": {
            "rayVersion": "2.44.0",
            "enableInTreeAutoscaling": True,
            "headGroupSpec": {
                "serviceType": "LoadBalancer",
                "template": {"spec": {"containers": [{"name": "head", "image": "rayproject/ray:2.44.0"}]}},
            },
            "workerGroupSpecs": [
                {
                    "groupName": "gpu",
                    "replicas": 1,
                    "template": {
                        "spec": {
                            "containers": [
                                {
                                    "name": "worker",
                                    "image": "rayproject/ray:2.44.0",
                                    "resources": {"limits": {"nvidia.com/gpu": "1"}},
                                }
                            ]
                        }
                    },
                }
            ],
        },
    },
)
