"""Several processes that train one model: each takes rows of its own, gradients are averaged.

On a CPU two threads in one process were no faster than one (13 rows a second either way).
"""

from collections.abc import Callable, Iterable

import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import spawn

from work import work_folder


def start(job: Callable, count: int, *given: object) -> None:
    """Runs `job(rank, *given)` in `count` processes that can meet, or here when it is one."""
    if count == 1:
        job(0, *given)
        return
    meeting = work_folder() / 'meeting'
    meeting.unlink(missing_ok=True)
    spawn(_join, (count, str(meeting), job, given), nprocs=count)


def _join(rank: int, count: int, meeting: str, job: Callable, given: tuple) -> None:
    torch.set_num_threads(1)
    dist.init_process_group('gloo', f'file://{meeting}', rank=rank, world_size=count)
    try:
        job(rank, *given)
    finally:
        dist.destroy_process_group()


def how_many() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def wait() -> None:
    """Until all are here."""
    if how_many() > 1:
        dist.barrier()


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Puts the mean over all processes in every gradient's place."""
    if how_many() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    joined = torch.cat([gradient.reshape(-1) for gradient in gradients])
    dist.all_reduce(joined)
    joined /= how_many()
    for gradient, part in zip(gradients, joined.split([g.numel() for g in gradients])):
        gradient.copy_(part.view(gradient.shape))
