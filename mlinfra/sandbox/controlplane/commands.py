"""The command lines and configuration files of the programs. Pure: given ports and files, nothing else matters.

The API server has the admission plugins of EKS (https://docs.aws.amazon.com/eks/latest/userguide/platform-versions.html).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.server.files import HOST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mlinfra.sandbox.controlplane.files import ControlPlaneFiles

SERVICE_RANGE: Final = "10.100.0.0/16"  # one of the two ranges that EKS chooses from
ADMISSION: Final = (
    "NodeRestriction",
    "ExtendedResourceToleration",
    "NamespaceLifecycle",
    "LimitRanger",
    "ServiceAccount",
    "TaintNodesByCondition",
    "PodSecurity",
    "Priority",
    "DefaultTolerationSeconds",
    "DefaultStorageClass",
    "StorageObjectInUseProtection",
    "PersistentVolumeClaimResize",
    "RuntimeClass",
    "CertificateApproval",
    "CertificateSigning",
    "CertificateSubjectRestriction",
    "DefaultIngressClass",
    "MutatingAdmissionWebhook",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionWebhook",
    "ResourceQuota",
)
# What needs a cloud's API, or nodes with networks of their own.
WITHOUT: Final = (
    "node-ipam-controller",
    "node-route-controller",
    "service-lb-controller",
    "cloud-node-lifecycle-controller",
)
# The scheduler's and the controllers' own limits, 50 and 20 requests a second, are for machines that are shared.
QPS: Final = 500
BURST: Final = 1000
PARALLEL: Final = 32  # four, kwok's own, wait for each other on a machine with other work
NOT_SERVING: Final = "--secure-port=0"  # no metrics and health of their own: nobody asks for them
# Simulated nodes do not fail, and a thousand of them on a busy machine may be late with their leases.
LEASE_SECONDS: Final = 200
GRACE_SECONDS: Final = 600


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Free ports on 127.0.0.1."""

    etcd: int
    peer: int
    apiserver: int

    @property
    def endpoint(self) -> str:
        """Where the API server answers."""
        return f"https://{HOST}:{self.apiserver}"


def etcd(files: ControlPlaneFiles, ports: Ports) -> list[str]:
    """The arguments of etcd. It does not wait for the disk: what a crash of the machine loses can be deployed again."""
    client, peer = f"https://{HOST}:{ports.etcd}", f"https://{HOST}:{ports.peer}"
    secured = [
        f"--{prefix}{name}={value}"
        for prefix in ("", "peer-")
        for name, value in (
            ("cert-file", _certificate(files, "etcd")),
            ("key-file", _key(files, "etcd")),
            ("trusted-ca-file", files.certificates / "ca.crt"),
            ("client-cert-auth", "true"),
        )
    ]
    return [
        "--name=default",
        f"--data-dir={files.data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--force-new-cluster",  # ports change between starts, and the data names the last ones
        "--unsafe-no-fsync",
        "--auto-compaction-retention=5m",
        "--quota-backend-bytes=4294967296",
        "--log-level=warn",
        *secured,
    ]


def apiserver(files: ControlPlaneFiles, ports: Ports) -> list[str]:
    """The arguments of kube-apiserver."""
    issuer = "https://kubernetes.default.svc.cluster.local"
    return [
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        "--endpoint-reconciler-type=none",  # no object may name a loopback address
        f"--secure-port={ports.apiserver}",
        f"--tls-cert-file={_certificate(files, 'apiserver')}",
        f"--tls-private-key-file={_key(files, 'apiserver')}",
        f"--client-ca-file={files.certificates / 'ca.crt'}",
        "--anonymous-auth=false",
        "--authorization-mode=Node,RBAC",
        f"--enable-admission-plugins={','.join(ADMISSION)}",
        "--allow-privileged=true",
        f"--etcd-servers=https://{HOST}:{ports.etcd}",
        f"--etcd-cafile={files.certificates / 'ca.crt'}",
        f"--etcd-certfile={_certificate(files, 'apiserver')}",
        f"--etcd-keyfile={_key(files, 'apiserver')}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--service-account-issuer={issuer}",
        f"--service-account-key-file={files.certificates / 'service-accounts.key'}",
        f"--service-account-signing-key-file={files.certificates / 'service-accounts.key'}",
        "--profiling=false",
        "--v=1",
    ]


def controller_manager(files: ControlPlaneFiles) -> list[str]:
    """The arguments of kube-controller-manager."""
    config = files.kubeconfig("controller-manager")
    return [
        f"--kubeconfig={config}",
        NOT_SERVING,
        f"--controllers=*,{','.join(f'-{name}' for name in WITHOUT)}",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={files.certificates / 'service-accounts.key'}",
        f"--root-ca-file={files.certificates / 'ca.crt'}",
        f"--cluster-signing-cert-file={files.certificates / 'ca.crt'}",
        f"--cluster-signing-key-file={files.certificates / 'ca.key'}",
        "--allocate-node-cidrs=false",
        f"--node-monitor-grace-period={GRACE_SECONDS}s",
        "--leader-elect=false",
        f"--kube-api-qps={QPS}",
        f"--kube-api-burst={BURST}",
        "--concurrent-namespace-syncs=20",
        "--concurrent-gc-syncs=40",
        "--pvclaimbinder-sync-period=2s",
        "--profiling=false",
        "--v=1",
    ]


def scheduler(files: ControlPlaneFiles) -> list[str]:
    """The arguments of kube-scheduler, which reads `scheduler_configuration` from its configuration file."""
    return [f"--config={files.configuration / 'scheduler.json'}", NOT_SERVING, "--v=1"]


def scheduler_configuration(files: ControlPlaneFiles) -> str:
    """The scheduler's configuration file: as it comes, but for the pace of its requests."""
    return json.dumps(
        {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "leaderElection": {"leaderElect": False},
            "clientConnection": {"kubeconfig": str(files.kubeconfig("scheduler")), "qps": QPS, "burst": BURST},
            "enableProfiling": False,
        }
    )


def kwok(files: ControlPlaneFiles) -> list[str]:
    """The arguments of kwok, which plays the kubelets of every node. Its stages are in its configuration file."""
    return [
        f"--kubeconfig={files.kubeconfig('kwok')}",
        f"--config={files.configuration / 'kwok.yaml'}",
        "--manage-all-nodes=true",
        f"--node-ip={HOST}",
        "--node-port=0",  # nobody reads logs of containers that do not run
        f"--node-lease-duration-seconds={LEASE_SECONDS}",
    ]


def kwok_configuration(stages: Sequence[bytes]) -> bytes:
    """Kwok's configuration file: how many requests it has under way at once, and what becomes of nodes and pods."""
    options = dict.fromkeys(("podPlayStageParallelism", "nodePlayStageParallelism", "nodeLeaseParallelism"), PARALLEL)
    own = {"apiVersion": "config.kwok.x-k8s.io/v1alpha1", "kind": "KwokConfiguration", "options": options}
    return b"\n---\n".join([json.dumps(own).encode(), *stages])


def kubeconfig(files: ControlPlaneFiles, identity: str, endpoint: str) -> str:
    """A kubeconfig (JSON is YAML) with which an identity reaches the API server."""
    entry: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "mlinfra-sandbox",
        "contexts": [{"name": "mlinfra-sandbox", "context": {"cluster": "mlinfra-sandbox", "user": identity}}],
        "clusters": [
            {
                "name": "mlinfra-sandbox",
                "cluster": {"server": endpoint, "certificate-authority": str(files.certificates / "ca.crt")},
            }
        ],
        "users": [
            {
                "name": identity,
                "user": {
                    "client-certificate": str(_certificate(files, identity)),
                    "client-key": str(_key(files, identity)),
                },
            }
        ],
    }
    return json.dumps(entry, indent=1)


def _certificate(files: ControlPlaneFiles, identity: str) -> Path:
    return files.certificates / f"{identity}.crt"


def _key(files: ControlPlaneFiles, identity: str) -> Path:
    return files.certificates / f"{identity}.key"
