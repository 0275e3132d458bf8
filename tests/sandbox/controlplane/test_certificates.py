"""The certificates of a control plane."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mlinfra.sandbox.controlplane import commands
from mlinfra.sandbox.controlplane.certificates import IDENTITIES, LIFETIME, issue
from mlinfra.sandbox.controlplane.files import ControlPlaneFiles

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_each_identity_is_signed_by_the_authority_and_named_as_kubernetes_wants(tmp_path: Path) -> None:
    issue(tmp_path, NOW)
    authority = load(tmp_path / "ca.crt")
    public = authority.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    for identity in IDENTITIES:
        certificate = load(tmp_path / f"{identity.name}.crt")
        certificate.verify_directly_issued_by(authority)
        names = certificate.subject
        assert [one.value for one in names.get_attributes_for_oid(NameOID.COMMON_NAME)] == [identity.user]
        assert tuple(one.value for one in names.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)) == identity.groups
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert (ExtendedKeyUsageOID.SERVER_AUTH in purposes) == identity.serves
        assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    served = load(tmp_path / "apiserver.crt").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = served.get_values_for_type(x509.IPAddress)
    assert addresses == [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("10.100.0.1")]
    assert not {oct(path.stat().st_mode & 0o077) for path in tmp_path.iterdir()} - {"0o0"}
    ssl.create_default_context().load_cert_chain(tmp_path / "admin.crt", tmp_path / "admin.key")


def test_they_are_kept_while_they_are_good_and_then_made_anew(tmp_path: Path) -> None:
    issue(tmp_path, NOW)
    first = (tmp_path / "ca.crt").read_bytes()
    issue(tmp_path, NOW + dt.timedelta(days=300))
    assert (tmp_path / "ca.crt").read_bytes() == first
    issue(tmp_path, NOW + LIFETIME - dt.timedelta(days=10))
    assert (tmp_path / "ca.crt").read_bytes() != first
    second = (tmp_path / "ca.crt").read_bytes()
    (tmp_path / "kwok.key").unlink()
    issue(tmp_path, NOW + LIFETIME)
    assert (tmp_path / "ca.crt").read_bytes() != second


def test_everything_listens_on_this_machine_alone_and_asks_who_calls(tmp_path: Path) -> None:
    files = ControlPlaneFiles(tmp_path)
    ports = commands.Ports(etcd=1, peer=2, apiserver=3)
    api = commands.apiserver(files, ports)
    assert {"--bind-address=127.0.0.1", "--anonymous-auth=false", "--authorization-mode=Node,RBAC"} <= set(api)
    admission = next(one for one in api if one.startswith("--enable-admission-plugins="))
    assert {"PodSecurity", "ResourceQuota", "LimitRanger", "ExtendedResourceToleration"} <= set(
        admission.partition("=")[2].split(",")
    )
    for arguments in (commands.controller_manager(files), commands.scheduler(files)):
        assert "--secure-port=0" in arguments
    urls = [one for one in commands.etcd(files, ports) if "urls=" in one]
    assert urls
    assert all("https://127.0.0.1:" in one for one in urls)
    assert "--client-cert-auth=true" in commands.etcd(files, ports)
    assert "--node-port=0" in commands.kwok(files)
    said = json.loads(commands.kubeconfig(files, "admin", ports.endpoint))
    assert said["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:3"
    assert json.loads(commands.scheduler_configuration(files))["leaderElection"] == {"leaderElect": False}
