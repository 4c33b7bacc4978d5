"""What can go wrong with a local installation, each with a stable code and the next step."""

from typing import ClassVar


class LocalError(Exception):
    """The local installation is not usable; run `rynek doctor`."""

    code: ClassVar[str] = "local_error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class FolderUnusableError(LocalError):
    """The installation's folder cannot be written; set RYNEK_HOME to a folder that can."""

    code = "folder_unusable"


class FolderTakenError(LocalError):
    """A live server that is not ours works in this folder; stop it or set RYNEK_HOME."""

    code = "folder_taken"


class WrongPostgresError(LocalError):
    """The folder holds another Postgres major's data; upgrade it or set RYNEK_HOME."""

    code = "wrong_postgres"


class PortTakenError(LocalError):
    """The port that was asked for is in use; free it, or choose another."""

    code = "port_taken"


class PortInvalidError(LocalError):
    """A port is a whole number from 1024 to 65535."""

    code = "port_invalid"


class AlreadyRunningError(LocalError):
    """This installation is already up; `rynek down` stops it."""

    code = "already_running"


class NotReadyError(LocalError):
    """A process did not become ready in time; its log says why."""

    code = "not_ready"


class NotRunningError(LocalError):
    """What was asked for is a matter of the running market."""

    code = "not_running"


class NoUnprivilegedAccountError(LocalError):
    """Postgres refuses to run as root, and there is no `nobody` to drop to; run as a user."""

    code = "no_unprivileged_account"


class ConfigurationInvalidError(LocalError):
    """An environment variable is missing or contradicts another."""

    code = "configuration_invalid"
