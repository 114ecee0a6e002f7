"""Marks a candidacy `best`: a version is made whole first, and the mark moves last."""

from __future__ import annotations

import json

from seedbed.config.candidate import compute_candidate_id, format_params
from seedbed.promotion.model_card import description_of
from seedbed.promotion.proposal import Candidacy
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.provenance import provenance
from seedbed.tracking.registry import Registry, Version
from seedbed.tracking.writer import RunWriter


def register(registry: Registry, candidacy: Candidacy, *, forced: bool) -> Version:
    """Keep the model under a run of kind promotion, make it a version, and move the mark last."""
    origin = candidacy.origin
    writer = RunWriter(registry.store, candidacy.experiment, provenance(), candidacy.table.record, origin.sweep)
    texts = format_params(origin.candidate)
    tags = {
        **candidacy.tags,
        str(Tags.CANDIDATE): compute_candidate_id(origin.candidate),
        str(Tags.PARAMS): json.dumps(dict(sorted(texts.items())), ensure_ascii=False),
        str(Tags.DIGEST): origin.digest,
        str(Tags.SWEEP): origin.sweep or "",
        str(Tags.RUN): origin.run or "",
        "seedbed.rule": origin.rule or "",
        "seedbed.commit": origin.commit,
        **{f"seedbed.{score.kind}": score.text for score in origin.scores},
    }
    run_id = writer.start("promotion", tags, Kind.PROMOTION)
    try:
        writer.log_input(run_id)
        model_id = writer.log_model(run_id, origin.candidate, lambda to, model: candidacy.fill(to, run_id, model))
        version = registry.register(candidacy.name, f"models:/{model_id}", run_id, tags, description_of(candidacy.card))
        registry.mark(version, _why(candidacy, forced), origin.rule or "a person's word")
    except BaseException as error:
        writer.fail(run_id, error)
        raise
    writer.end(run_id, "FINISHED")
    return version


def _why(candidacy: Candidacy, forced: bool) -> str:
    reason = candidacy.contest.words() if candidacy.contest else candidacy.origin.basis + "."
    return f"{reason} Forced." if forced else reason
