"""The certificates of one control plane: an authority of its own, and one identity for each who speaks to it.

Everything listens on loopback and asks for a client certificate; Kubernetes takes the user's name from the common name
and its groups from the organisation (https://kubernetes.io/docs/setup/best-practices/certificates/).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mlinfra.sandbox.server.files import HOST, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LIFETIME: Final = dt.timedelta(days=365)
RENEW_BEFORE: Final = dt.timedelta(days=30)
SERVICE_IP: Final = "10.100.0.1"  # the first of the service range, which is the API server's own in the cluster


@dataclass(frozen=True)
class Identity:
    """Who a certificate names. `serves`: it is a server's as well, reached under the names of this machine."""

    name: str
    user: str
    groups: tuple[str, ...] = ()
    serves: bool = False


IDENTITIES: Final = (
    Identity("apiserver", "kube-apiserver", serves=True),
    Identity("etcd", "etcd", serves=True),
    Identity("admin", "mlinfra-admin", ("system:masters",)),
    Identity("controller-manager", "system:kube-controller-manager"),
    Identity("scheduler", "system:kube-scheduler"),
    Identity("kwok", "mlinfra:kwok"),
)


def issue(directory: Path, now: dt.datetime | None = None) -> None:
    """Write the authority, every identity's certificate and key, and the key that signs service accounts.

    Nothing is written when they are there and good for another month. Files are readable by their owner alone.
    """
    moment = now or dt.datetime.now(dt.UTC)
    if _good(directory, moment + RENEW_BEFORE):
        return
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    subject = _name("mlinfra sandbox control plane", ())
    authority = (
        _builder(subject, subject, authority_key.public_key(), moment)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    signer = ec.generate_private_key(ec.SECP256R1())
    write_private(directory / "service-accounts.key", _pem(signer))
    for identity in IDENTITIES:
        key = ec.generate_private_key(ec.SECP256R1())
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = _builder(_name(identity.user, identity.groups), subject, key.public_key(), moment)
        if identity.serves:
            purposes.append(ExtendedKeyUsageOID.SERVER_AUTH)
            builder = builder.add_extension(x509.SubjectAlternativeName(_names()), critical=False)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        write_private(directory / f"{identity.name}.key", _pem(key))
        write_private(directory / f"{identity.name}.crt", certificate.public_bytes(serialization.Encoding.PEM))
    # The controller manager signs requests of the cluster's users with it; no bundle of this machine ever holds it.
    write_private(directory / "ca.key", _pem(authority_key))
    write_private(directory / "ca.crt", authority.public_bytes(serialization.Encoding.PEM))


def _good(directory: Path, until: dt.datetime) -> bool:
    try:
        authority = x509.load_pem_x509_certificate((directory / "ca.crt").read_bytes())
    except (OSError, ValueError):
        return False
    present = all((directory / f"{one.name}.{kind}").is_file() for one in IDENTITIES for kind in ("crt", "key"))
    return present and authority.not_valid_after_utc > until


def _name(user: str, groups: Sequence[str]) -> x509.Name:
    organisations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organisations, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _names() -> list[x509.GeneralName]:
    service = [f"kubernetes{rest}" for rest in ("", ".default", ".default.svc", ".default.svc.cluster.local")]
    addresses = [x509.IPAddress(ipaddress.ip_address(ip)) for ip in (HOST, SERVICE_IP)]
    return [*(x509.DNSName(name) for name in ("localhost", *service)), *addresses]


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
