"""Runs a Pulumi program in its own interpreter, which need not have this package.

Started by the deployment host as a script, as ``pulumi-language-python-exec`` is by the CLI.
"""

import sys

if __name__ == "__main__":
    del sys.path[0]  # this directory: its modules must not be found by the program's imports

import asyncio
import json
import logging
import os
import runpy
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

SHOWN = 32
"""Exit status: an error was shown to the user already."""


def main() -> int:
    """Run the program named by the JSON argument; return its exit status."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    settings = json.loads(sys.argv[1])
    program = settings.pop("program")
    os.chdir(settings.pop("directory"))
    parallel = settings["parallel"]
    try:
        import pulumi  # noqa: PLC0415 (a missing SDK is told below)
        import pulumi.runtime  # noqa: PLC0415 (as above)
    except ImportError as error:
        print(f"the Pulumi SDK cannot be imported by {sys.executable}: {error}", file=sys.stderr)
        return 1
    runtime = pulumi.runtime
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(runtime.Settings(**settings))
    sys.argv = [program]
    # As in the CLI: hide warnings about tasks that were pending when the program failed.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=parallel * 4)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(runtime.run_in_stack(lambda: _run(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception as error:  # noqa: BLE001 (whatever the program raises is shown)
        pulumi.log.error(_describe(error, program))
        return SHOWN
    finally:
        executor.shutdown(wait=True)
        loop.close()
    return 0


def _end_with(parent: int) -> None:
    """End this process when the host was killed."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _run(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def _describe(error: Exception, program: str) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    main_module = os.path.abspath(program)  # noqa: PTH100 (no symlinks followed)
    if not main_module.endswith(".py"):
        main_module = os.path.join(main_module, "__main__.py")  # noqa: PTH118 (as above)
    if isinstance(error, ImportError) and frames[-1].filename.endswith(
        ("runpy.py", "<frozen runpy>")
    ):
        return f"unable to find main python program `__main__.py` in `{os.path.abspath(program)}`"  # noqa: PTH100 (as above)
    first = next((i for i, frame in enumerate(frames) if frame.filename == main_module), 0)
    text = "".join(
        traceback.format_exception(
            type(error), error, error.__traceback__, limit=first - len(frames)
        )
    )
    return f"Program failed with an unhandled exception:\n{text}"


if __name__ == "__main__":
    sys.exit(main())
