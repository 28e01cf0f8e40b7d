"""Secrets: from the environment or a file, never shown."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gaita_adapters.channels.secret_source import MissingSecret, SecretSource, revealed


def test_a_secret_stands_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "parole\n")
    secret = SecretSource(env="MAIL_PASSWORD").read()
    assert secret.get_secret_value() == "parole\n"
    assert "parole" not in f"{secret!r} {secret}"


@pytest.mark.parametrize(
    ("content", "value"), [("parole\n", "parole"), ("parole\r\n", "parole"), (" pa role \n\n", " pa role \n")]
)
def test_a_secret_stands_in_a_file_without_the_newline_at_its_end(
    content: str, value: str, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content.encode())
    path.chmod(0o600)
    with capture_logs() as logs:
        assert revealed(SecretSource(file=str(path))) == value
    assert logs == []


def test_a_file_that_everybody_can_read_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("parole", "utf-8")
    path.chmod(0o644)
    with capture_logs() as logs:
        SecretSource(file=str(path)).read()
    assert [(each["log_level"], each["file"]) for each in logs] == [("warning", str(path))]
    assert "parole" not in str(logs)


def test_a_secret_that_is_missing_is_told_with_where_it_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    monkeypatch.setenv("EMPTY", "")
    empty, binary, large = tmp_path / "empty", tmp_path / "binary", tmp_path / "large"
    empty.write_bytes(b"\n")
    binary.write_bytes(b"\xff\xfe")
    large.write_bytes(b"x" * 70_000)
    for source, told in (
        (SecretSource(env="NOT_SET"), "variable NOT_SET is not set"),
        (SecretSource(env="EMPTY"), "variable EMPTY is empty"),
        (SecretSource(file=str(tmp_path / "none")), "none cannot be read: No such file"),
        (SecretSource(file=str(tmp_path)), "cannot be read"),
        (SecretSource(file=str(empty)), "empty is empty"),
        (SecretSource(file=str(binary)), "not UTF-8"),
        (SecretSource(file=str(large)), "larger than"),
    ):
        with pytest.raises(MissingSecret, match=told):
            source.read()


@pytest.mark.parametrize("told", [{}, {"env": "A", "file": "b"}, {"env": ""}, {"plain": "x"}])
def test_a_secret_stands_in_exactly_one_place(told: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"where the secret stands|Extra inputs"):
        SecretSource.model_validate(told)


def test_what_is_no_secret_may_be_written_out() -> None:
    assert revealed("https://receiver.example/") == "https://receiver.example/"
