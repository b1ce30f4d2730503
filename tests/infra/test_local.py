"""The local stack's own manners: nothing half-started, nothing left, clear words."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from dataclasses import fields, replace
from pathlib import Path
from types import FrameType

import psutil
import pytest
import requests

from infra.local import tools
from infra.local.cloud import STARTS, must_refuse_the_unsigned
from infra.local.given import Keys, Vendors
from infra.local.ports import free_ports, must_be_free
from infra.local.problems import StackProblem
from infra.local.processes import Processes
from infra.local.raising import _start_itx, _start_metodika, end_stack, raise_stack
from infra.local.stack import Stack
from tests.simulation.clients import listening

SLEEPER = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "time.sleep(600)",
]


def a_stack(**more: str) -> Stack:
    keys = Keys.given(more)
    return Stack(
        webhook_url="http://127.0.0.1:1/_aws/execute-api/a/v1/hubspot/webhooks",
        hubspot_url="http://127.0.0.1:2",
        itx_url="http://127.0.0.1:3",
        metodika_url="http://127.0.0.1:4",
        aws_endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="AKIA",
        aws_secret_access_key="secret",
        region="eu-north-1",
        stack_name="kundeflyt",
        rules_parameters={"common": "/kundeflyt/rules/common"},
        **vars(keys),
    )


class TestStackFile:
    def test_has_every_key_that_is_promised_and_no_other(self) -> None:
        promised = (
            "webhook_url, console_url, itx_receipts_url, itx_inbound_url, hubspot_url, itx_url, metodika_url, "
            "aws_endpoint_url, aws_access_key_id, aws_secret_access_key, region, stack_name, hubspot_client_secret, "
            "hubspot_access_token, hubspot_app_id, hubspot_portal_id, itx_key, itx_webhook_secret, metodika_token, "
            "page_url, rules_parameters, console_users"
        )
        assert [field.name for field in fields(Stack)] == promised.split(", ")

    def test_says_null_for_what_does_not_exist_yet(self, tmp_path: Path) -> None:
        a_stack().write(tmp_path)
        content = json.loads((tmp_path / "stack.json").read_text())
        absent = {name for name, value in content.items() if value is None}
        assert absent == {"console_url", "itx_receipts_url", "itx_inbound_url", "page_url"}

    def test_is_for_its_owner_only_and_reads_back_the_same(self, tmp_path: Path) -> None:
        stack = a_stack()
        stack.write(tmp_path)
        assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600
        assert Stack.of(tmp_path) == stack

    def test_where_no_stack_runs_it_says_how_to_start_one(self, tmp_path: Path) -> None:
        with pytest.raises(StackProblem, match="make up"):
            Stack.of(tmp_path)


class TestWhatIsGiven:
    def test_servers_named_in_the_environment_take_the_simulators_place(self) -> None:
        given = Vendors.given({"HUBSPOT_BASE_URL": "http://127.0.0.1:9000/", "METODIKA_BASE_URL": "http://127.0.0.1:9"})
        assert given == Vendors(hubspot="http://127.0.0.1:9000", itx=None, metodika="http://127.0.0.1:9")

    @pytest.mark.parametrize("wanted", ["127.0.0.1:9000", "localhost", "ftp://127.0.0.1", "http://", "http://h:many"])
    def test_what_is_no_address_is_refused_before_anything_is_built(self, wanted: str) -> None:
        with pytest.raises(StackProblem, match=r"ITX_BASE_URL is .* must be an address"):
            Vendors.given({"ITX_BASE_URL": wanted})

    @pytest.mark.parametrize("name", ["HUBSPOT_PORTAL_ID", "HUBSPOT_APP_ID"])
    @pytest.mark.parametrize("wanted", ["eu1", "-5", "0", "1.5"])
    def test_an_id_that_is_no_number_is_refused_before_anything_is_built(self, name: str, wanted: str) -> None:
        with pytest.raises(StackProblem, match=f"{name} is .* whole numbers"):
            Keys.given({name: wanted})

    def test_keys_named_in_the_environment_are_used(self) -> None:
        names = [field.name for field in fields(Keys)]
        given = {name: str(number) for number, name in enumerate(names, start=4_000_000_000)}
        keys = Keys.given({name.upper(): value for name, value in given.items()})
        assert vars(keys) == given

    def test_keys_that_are_not_named_differ_from_stack_to_stack(self) -> None:
        one, other = vars(Keys.given({})), vars(Keys.given({}))
        assert not [name for name in one if one[name] == other[name]]


class TestPorts:
    def test_free_ones_are_all_different(self) -> None:
        assert len(set(free_ports(20))) == 20

    def test_a_busy_one_is_named_and_so_is_the_way_out(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(StackProblem, match=f"Port {port} .* busy .* KUNDEFLYT_AWS_PORT"):
                must_be_free(str(port))

    @pytest.mark.parametrize("wanted", ["many", "0", "65536", "-1"])
    def test_what_is_no_port_is_said_to_be_none(self, wanted: str) -> None:
        with pytest.raises(StackProblem, match="from 1 to 65535"):
            must_be_free(wanted)


class TestTools:
    def test_a_missing_program_is_named(self) -> None:
        with pytest.raises(StackProblem, match="no-such-program is missing"):
            tools.program("no-such-program")

    def test_a_full_disk_is_said_before_anything_starts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tools, "LEAST_FREE_BYTES", 10**18)
        with pytest.raises(StackProblem, match=r"MB left .* STACK_DIR"):
            tools.must_have_room(tmp_path)

    def test_a_folder_that_cannot_be_written_to_is_said_before_anything_starts(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for folder in (tmp_path / "file", tmp_path / "file" / "stack"):
            with pytest.raises(StackProblem, match=r"cannot write in .* STACK_DIR"):
                raise_stack(folder, {})
            assert end_stack(folder) is False

    def test_no_way_to_a_real_account_reaches_what_is_started(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_PROFILE", "production")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
        given = tools.environment(tmp_path / "tmp", AWS_ACCESS_KEY_ID="AKIA")
        assert {name for name in given if name.startswith("AWS_")} == {"AWS_ACCESS_KEY_ID"}

    def test_a_program_that_fails_leaves_its_last_words_in_the_error(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]
        with pytest.raises(StackProblem, match=r"Building failed with exit status 3(.|\n)*the reason"):
            tools.run("Building", command, dict(os.environ), tmp_path / "logs" / "build.log")

    def test_a_program_ends_with_all_it_has_started_when_we_are_broken_off(self, tmp_path: Path) -> None:
        def break_off(_signal: int, _frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        parent = f"""
            import os, signal, subprocess, time
            child = subprocess.Popen({SLEEPER}, stdout=subprocess.DEVNULL)
            print(child.pid, flush=True)
            os.kill(os.getppid(), signal.SIGUSR1)
            time.sleep(600)
        """
        log = tmp_path / "build.log"
        before = signal.signal(signal.SIGUSR1, break_off)
        try:
            with pytest.raises(KeyboardInterrupt):
                tools.run("Building", [sys.executable, "-c", textwrap.dedent(parent)], dict(os.environ), log)
        finally:
            signal.signal(signal.SIGUSR1, before)
        left = [psutil.Process(pid) for pid in [int(log.read_text())] if psutil.pid_exists(pid)]
        _gone, alive = psutil.wait_procs(left, timeout=60)
        for process in alive:
            process.kill()
        assert not alive


class TestProcesses:
    def test_another_command_ends_them_with_their_children_by_the_book(self, tmp_path: Path) -> None:
        Processes(tmp_path).start("parent", PARENT, dict(os.environ), tmp_path)
        (entry,) = json.loads((tmp_path / "processes.json").read_text())
        leader = psutil.Process(entry["pid"])
        while not (children := leader.children()):
            assert leader.is_running()
        Processes(tmp_path).end_all()
        assert not [one for one in [leader, *children] if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        assert not (tmp_path / "processes.json").exists()

    def test_one_that_does_not_listen_is_killed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("infra.local.processes.SECONDS_TO_END", 0.5)
        deaf = f"import signal; signal.signal({int(signal.SIGTERM)}, signal.SIG_IGN); {SLEEPER[2]}"
        processes = Processes(tmp_path)
        processes.start("deaf", [sys.executable, "-c", deaf], dict(os.environ), tmp_path)
        while "awake" not in processes.last_words("deaf"):
            processes.must_run()
        processes.end_all()
        assert not processes.any_running()

    def test_an_id_that_now_belongs_to_another_process_is_left_alone(self, tmp_path: Path) -> None:
        with subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL) as stranger:  # noqa: S603 our own words
            born = psutil.Process(stranger.pid).create_time() - psutil.boot_time()
            entry = {"name": "aws", "pid": stranger.pid, "born": born - 60}
            (tmp_path / "processes.json").write_text(json.dumps([entry]))
            Processes(tmp_path).end_all()
            assert stranger.poll() is None
            stranger.kill()

    def test_are_known_though_the_clock_has_been_set(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A machine that has slept sets its clock, and the wall-clock times of its start and of all processes move."""
        processes = Processes(tmp_path)
        processes.start("sleeper", SLEEPER, dict(os.environ), tmp_path)
        began = psutil.boot_time()
        monkeypatch.setattr("psutil._pslinux.boot_time", lambda: began + 22)
        assert processes.any_running()
        processes.end_all()
        assert not processes.any_running()

    def test_one_that_ended_by_itself_is_told_of_with_its_last_words(self, tmp_path: Path) -> None:
        processes = Processes(tmp_path)
        command = [sys.executable, "-c", "print('no such port'); raise SystemExit(1)"]
        processes.start("itx", command, dict(os.environ), tmp_path)
        with pytest.raises(StackProblem, match=r"itx ended by itself(.|\n)*no such port"):
            while True:
                processes.must_run()
        processes.end_all()


class TestRaising:
    def test_what_was_started_is_ended_when_a_later_step_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "stack"

        def fails(*_given: object) -> None:
            assert Processes(folder).any_running()
            raise StackProblem("Deploying failed")

        monkeypatch.setattr("infra.local.raising.build", lambda folder: folder / "template.yaml")
        monkeypatch.setattr("infra.local.raising.cloud.deploy", fails)
        with pytest.raises(StackProblem, match="Deploying failed"):
            raise_stack(folder, {})
        assert not Processes(folder).any_running()
        assert [left.name for left in folder.iterdir()] == ["logs"]

    def test_metodika_is_there_with_the_customers_and_the_stacks_token(self, tmp_path: Path) -> None:
        (port,) = free_ports(1)
        stack = replace(a_stack(METODIKA_TOKEN="-random"), metodika_url=f"http://127.0.0.1:{port}")
        processes = Processes(tmp_path)
        try:
            _start_metodika(processes, tmp_path, stack)
            url = f"{stack.metodika_url}/customers?orgNumber=310124001"
            token = {"Authorization": f"Bearer {stack.metodika_token}"}
            found = requests.get(url, headers=token, timeout=10).json()["results"]
            assert [one["name"] for one in found] == ["Fjellbygg AS"]
            assert requests.get(url, timeout=10).status_code == 401
        finally:
            processes.end_all()

    def test_itx_takes_keys_that_begin_with_a_hyphen(self, tmp_path: Path) -> None:
        """One random key in sixty-four does."""
        (port,) = free_ports(1)
        stack = replace(a_stack(ITX_KEY="-k", ITX_WEBHOOK_SECRET="-s"), itx_url=f"http://127.0.0.1:{port}")
        processes = Processes(tmp_path)
        try:
            _start_itx(processes, tmp_path, stack)
            settings = requests.get(f"{stack.itx_url}/_sim/settings", timeout=10).json()
            assert (settings["key"], settings["webhook_secret"]) == ("-k", "-s")
        finally:
            processes.end_all()

    def test_a_door_that_needs_longer_to_start_than_an_answer_may_take_is_asked_again(self, tmp_path: Path) -> None:
        with listening() as door:
            stack = replace(a_stack(), webhook_url=door.url, itx_receipts_url=door.url)
            door.answers = [504, 401, 401]
            must_refuse_the_unsigned(stack, tmp_path)
            assert len(door.received) == 3
            door.answers = [502] * STARTS
            with pytest.raises(StackProblem, match="answered 502 to an unsigned request"):
                must_refuse_the_unsigned(stack, tmp_path)

    def test_a_stack_that_runs_already_is_not_started_over(self, tmp_path: Path) -> None:
        processes = Processes(tmp_path)
        processes.start("aws", SLEEPER, dict(os.environ), tmp_path)
        try:
            with pytest.raises(StackProblem, match=r"runs in .* already.*make down"):
                raise_stack(tmp_path, {})
            assert processes.any_running()
        finally:
            processes.end_all()

    def test_ending_where_nothing_runs_says_so(self, tmp_path: Path) -> None:
        assert end_stack(tmp_path / "nothing") is False
