"""One process works in a run's folder at a time, from its claim until it ends."""

import errno
import json

import pytest
from filelock import FileLock

from bam.errors import Mistake
from bam.run.claim import AlreadyFinished, Busy, claim
from bam.run.files import ENVIRONMENT, FINAL, LOCK, PREVIOUS, REFIT, RESULTS, RESUME
from bam.run.listing import is_held
from bam.run.spec import RunSpec
from bam.run.state import Finished, Unfinished
from bam.run.stored_config import write_config


def config(steps):
    return {"trainer": {"max_steps": steps}, "timeout": 2, "any_code": False, "seed": 1}


def spec(folder, steps=10):
    return RunSpec(folder, config(steps), [], {}, in_sweep=False, keeps_finished=True)


@pytest.fixture
def finished(tmp_path):
    """A run that was finished with 10 steps."""
    folder = tmp_path / "run"
    folder.mkdir()
    write_config(folder / "config.yaml", config(10))
    results = {"test": {"mrr": 0.5}, "steps": 10, "code": spec(folder).code}
    (folder / RESULTS).write_text(json.dumps(results))
    (folder / FINAL).touch()
    return folder


def claimed(folder, steps=10):
    return claim(spec(folder, steps), lambda: "")


def test_a_finished_run_that_gets_more_steps_stays_locked_until_it_ends(finished):
    with claimed(finished, 20) as found:
        assert isinstance(found, Unfinished) and is_held(finished)
        with pytest.raises(Busy), claimed(finished, 20):
            pass
        assert is_held(finished) and not (finished / RESULTS).exists()


def test_whoever_finds_a_finished_run_takes_no_lock_from_another_process(finished):
    with FileLock(finished / LOCK, thread_local=False):
        with claimed(finished) as found:
            assert isinstance(found, Finished)
        assert is_held(finished)


def test_on_a_disk_that_cannot_be_written_a_lock_is_looked_at(finished, monkeypatch):
    def refuse(self, *_):
        raise OSError(errno.EROFS, "Read-only file system")

    (finished / LOCK).touch()
    monkeypatch.setattr("bam.run.listing.FileLock.__enter__", refuse)
    assert not is_held(finished)


def test_what_a_kill_has_left_of_a_finished_run_is_deleted(finished):
    for name in (RESUME, PREVIOUS, LOCK, "weights.safetensors.partial"):
        (finished / name).touch()
    (finished / REFIT).mkdir()
    with claimed(finished):
        pass
    assert {path.name for path in finished.iterdir()} == {"config.yaml", RESULTS, FINAL}


def test_who_is_refused_a_finished_run_deletes_what_a_kill_has_left_too(finished):
    for name in (RESUME, LOCK):
        (finished / name).touch()
    again = RunSpec(finished, config(10), [], {}, in_sweep=False, keeps_finished=False)
    with pytest.raises(AlreadyFinished), claim(again, lambda: ""):
        pytest.fail("it was claimed")
    assert {path.name for path in finished.iterdir()} == {"config.yaml", RESULTS, FINAL}


def test_more_steps_do_not_continue_the_second_training_of_fewer_steps(finished):
    (finished / REFIT).mkdir()
    with claimed(finished, 20):
        assert not (finished / REFIT).exists()


@pytest.mark.parametrize("steps", [10, 20])
@pytest.mark.parametrize("had_more", [False, True])
def test_a_kill_after_the_results_loses_no_step(finished, steps, had_more):
    """Its last state is the final one: of the run that is found, and of one with more steps."""
    (finished / RESUME).write_text("after the last step")
    if not had_more:
        (finished / FINAL).unlink()
    with claimed(finished, steps) as found:
        assert isinstance(found, Finished) == (steps == 10)
        assert (finished / FINAL).read_text() == "after the last step"
        assert not (finished / RESUME).exists()


def test_a_point_keeps_no_state(finished):
    (finished / RESUME).touch()
    (finished / FINAL).unlink()
    point = RunSpec(finished, config(10), [], {}, in_sweep=True, keeps_finished=True)
    with claim(point, lambda: ""):
        assert {path.name for path in finished.iterdir()} == {"config.yaml", RESULTS}


def test_a_point_whose_folder_is_taken_needs_another_sweep(finished):
    point = RunSpec(finished, config(5), [], {}, in_sweep=True, keeps_finished=True)
    sentence = r"give another hydra.sweep.dir=, or delete it"
    with pytest.raises(Mistake, match=sentence), claim(point, lambda: ""):
        pass


@pytest.mark.parametrize("state", [FINAL, RESUME, PREVIOUS])
def test_a_state_is_not_continued_with_other_data(finished, state):
    (finished / FINAL).replace(finished / state)
    (finished / RESULTS).unlink()
    (finished / ENVIRONMENT).write_text(json.dumps({"data": "of before"}))
    with pytest.raises(Mistake, match="of before"), claim(spec(finished), lambda: "of now"):
        pass
