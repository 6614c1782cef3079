"""The client's side of warm kernels: a manager that starts them and a client that does not dawdle."""

from __future__ import annotations

import contextlib
import sys
import time
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from parkanalysis.rendering.kernels import KERNEL, PROVISIONER

__all__ = ["WarmKernelClient", "WarmKernelManager"]


class WarmKernelClient(AsyncKernelClient):
    """Client that goes to work once both channels have answered, without the usual 0.2 s of listening."""

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        end = time.monotonic() + (timeout or float("inf"))
        while True:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                # What the kernel broadcasts before the subscription stands is lost: ask until it arrives.
                await self.iopub_channel.get_msg(timeout=0.01)
                self._handle_kernel_info_reply(reply)
                return
            if self.parent is not None and not await self.parent.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    wait_for_ready = _async_wait_for_ready


class _OwnSpec(KernelSpecManager):
    """Knows the warm kernel even where its kernelspec is not installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        if kernel_name != KERNEL:
            return super().get_kernel_spec(kernel_name)
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name=KERNEL,
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER}},
        )


class WarmKernelManager(AsyncKernelManager):
    """Kernel manager whose default is the warm kernel; other kernelspecs work as installed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("kernel_name", KERNEL)
        super().__init__(**{"kernel_spec_manager": _OwnSpec(), **kwargs})
        self.client_class = f"{__name__}.{WarmKernelClient.__name__}"

    async def _async_wait(self, pollinterval: float = 0.01) -> None:
        await super()._async_wait(pollinterval=min(pollinterval, 0.01))
