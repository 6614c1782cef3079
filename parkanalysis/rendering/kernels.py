"""Warm kernels: each a fresh process, forked from one that has the heavy libraries in memory already.

The standard library's fork server imports ``preload`` once. :class:`WarmProvisioner`
offers it through Jupyter's own extension point, so that the kernelspec ``parkanalysis`` serves
papermill, nbclient, nbval and JupyterLab alike. Where fork is not to be had, the kernel starts the
ordinary way and a log line says so.

``papermill -k parkanalysis in.ipynb out.ipynb`` or ``pytest --nbval --nbval-kernel-name parkanalysis``
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import multiprocessing
import multiprocessing.util
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

__all__ = ["KERNEL", "WarmProvisioner", "available", "fork"]

KERNEL = "parkanalysis"
PRELOAD = ["parkanalysis.rendering.preload"]
PROVISIONER = "parkanalysis-warm"
# A Unix socket's path holds 107 bytes; "/k-65535" is added to the folder's.
LONGEST_FOLDER = 95
PATIENCE = 1.0  # seconds; a kernel that takes longer is met by its client's own retries
_MAIN_LOCK = threading.RLock()


def available() -> bool:
    """Whether this platform can fork warm kernels.

    Examples
    --------
    >>> available() == (sys.platform != "win32")
    True
    """
    return "forkserver" in multiprocessing.get_all_start_methods()


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Hide ``__main__``: a child must not run the caller's script again, guarded or not."""
    with _MAIN_LOCK:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _server() -> Any:
    from multiprocessing import forkserver

    return forkserver._forkserver


def _reuse_server() -> None:
    """Let this process's children come from the server that it came from; Python would start another."""
    server = _server()
    if server._forkserver_address is not None:
        server.ensure_running = lambda: None


def start_server() -> None:
    """Start the fork server unless it runs; returns at once, the imports go on behind."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOAD)
    with _without_main():
        _server().ensure_running()


def wait_until_warm() -> None:
    """Wait for the fork server; an interrupt meanwhile harms nothing, as it would one half handed over."""
    if available():
        start_server()
        process = multiprocessing.get_context("forkserver").Process(target=_nothing)
        with _without_main():
            process.start()
        process.join()


def _nothing() -> None: ...


def fork(target: Callable[..., object], *args: object, folder: str | None = None) -> BaseProcess:
    """Run ``target(*args)`` in a new process forked from the warm one.

    The process leads its own process group and dies with its caller. Where fork is not to be had,
    it is an ordinary new process.

    Parameters
    ----------
    target : callable
        A function that can be imported by name.
    *args
        Picklable arguments.
    folder : str, optional
        Removed when the caller dies.

    Examples
    --------
    >>> process = fork(time.sleep, 0)
    >>> process.join()
    >>> process.exitcode
    0
    """
    if available():
        start_server()
    context: Any = multiprocessing.get_context("forkserver" if available() else "spawn")
    process: BaseProcess = context.Process(target=_child, args=(target, args, folder))
    try:
        with _without_main():
            process.start()
    except (EOFError, ConnectionError):  # the server has died; the next start finds out and makes another
        process = context.Process(target=_child, args=(target, args, folder))
        with _without_main():
            process.start()
    return process


def _child(target: Callable[..., object], args: tuple[object, ...], folder: str | None) -> None:
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    die_with_parent(folder)
    if available():
        _reuse_server()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    target(*args)


def _remove_after_death(folder: str) -> None:
    """Leave a process behind that removes ``folder`` once this one, which may still write there, is dead."""
    shutil.rmtree(folder, ignore_errors=True)
    if not hasattr(os, "fork"):
        return
    dying = os.getpid()
    signal.alarm(10)  # should a lock of some library hold up the fork, this process dies all the same
    cleaner = os.fork()
    with contextlib.suppress(OSError):  # both sides do it, so that it is done whichever comes first
        os.setpgid(cleaner, 0)
    if cleaner:
        return
    try:
        while os.getppid() == dying:
            time.sleep(0.01)
        for _ in range(100):  # a kernel that was only just starting may be there a little longer
            shutil.rmtree(folder, ignore_errors=True)
            time.sleep(0.01)
    finally:
        os._exit(0)


def die_with_parent(folder: str | None = None) -> None:
    """End this process group, and remove ``folder``, as soon as the process that asked for it is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        if folder:
            _remove_after_death(folder)
        if hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _run_kernel(
    argv: list[str], env: Mapping[str, str], cwd: str | None, group: int, folder: str | None
) -> None:
    """Become an ordinary IPython kernel; runs in the forked process and never returns."""
    try:
        os.setpgid(0, group)
    except OSError:  # the group's leader is gone already; the watch ends this process, and no other
        os.setpgid(0, 0)
    die_with_parent(folder)
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    os.environ.clear()
    os.environ.update(env)
    if cwd:
        os.chdir(cwd)
    tempfile.tempdir = None  # the environment may name another now
    sys.argv = ["ipykernel_launcher", *argv]
    sys.path.insert(0, "")
    numpy = sys.modules.get("numpy")
    if numpy is not None:  # forks would otherwise share the unseeded global generator's state
        numpy.random.seed()
    from ipykernel.kernelapp import IPKernelApp, launch_new_instance

    atexit._clear()  # what the parent registered is the parent's to do
    try:
        # 1 stands for "do not watch the parent": the fork server is not this kernel's owner.
        launch_new_instance(argv=[*argv, "--IPKernelApp.parent_handle=1"])
        control = IPKernelApp.instance().control_thread
        if control is not None:  # it may still write to the output thread, which the exit handlers stop
            control.stop()
            control.join(timeout=1)
        atexit._run_exitfuncs()
        # as any child does, for one to give back its semaphores
        multiprocessing.util._exit_function()  # type: ignore[attr-defined]
        os._exit(0)
    except BaseException:  # noqa: BLE001  nothing above would report it
        traceback.print_exc()
        os._exit(1)


class _Handle:
    """The part of ``subprocess.Popen`` that a provisioner uses, over a forked process."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        self.pid = process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class WarmProvisioner(LocalProvisioner):
    """Kernel provisioner that forks a warm process instead of starting Python anew.

    A kernel asked for by a process that :func:`fork` made joins that process's group, so that one
    signal ends a report with all it started.
    """

    folder: str | None = None
    process: Any = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose private Unix sockets, then prepare as for any local kernel."""
        manager = self.parent
        if manager is not None and available() and self.folder is None and manager.transport == "tcp":
            folder = tempfile.mkdtemp(prefix="kernel-")
            if len(os.fsencode(folder)) <= LONGEST_FOLDER:
                self.folder = folder
                manager.transport = "ipc"
                manager.ip = os.path.join(folder, "k")
                manager.connection_file = manager.connection_file or os.path.join(folder, "kernel.json")
            else:
                os.rmdir(folder)
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel; start it the ordinary way where fork is not to be had."""
        if not available() or "ipykernel_launcher" not in cmd:
            self.log.warning("No fork on this platform: starting an ordinary kernel.")
            return await super().launch_kernel(cmd, **kwargs)
        argv = cmd[cmd.index("ipykernel_launcher") + 1 :]
        cwd = kwargs.get("cwd")
        leader = multiprocessing.parent_process() is not None and os.getpgrp() == os.getpid()
        group = os.getpgrp() if leader else 0
        start_server()
        process = multiprocessing.get_context("forkserver").Process(
            target=_run_kernel,
            args=(argv, dict(kwargs.get("env") or os.environ), cwd and str(cwd), group, self.folder),
            daemon=True,
        )
        with _without_main():
            process.start()
        self.process = _Handle(process)
        self.pid = process.pid
        self.pgid = None if leader else self.pid
        self.cwd = cwd or Path.cwd()
        await self._listening()
        return self.connection_info

    async def _listening(self) -> None:
        """Wait for the sockets: who knocks too early does so again only after 0.1 s, longer than a start."""
        manager: Any = self.parent
        last = f"{manager.ip}-{manager.iopub_port}"
        end = time.monotonic() + PATIENCE
        while self.folder and not os.path.exists(last) and time.monotonic() < end:
            if await self.poll() is not None:
                return
            await asyncio.sleep(0.001)

    async def wait(self) -> int | None:
        """Wait for the kernel's end, looking a hundred times a second."""
        while await self.poll() is None:
            await asyncio.sleep(0.01)
        return await super().wait()

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets with their folder."""
        await super().cleanup(restart=restart)
        if self.folder is not None and not restart:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
