"""Makes a proposal the champion: the version is made whole first, and the alias moves last."""

from __future__ import annotations

import json

from seedbed.config.candidate import compute_candidate_id, format_params
from seedbed.promotion.model_card import describe_card
from seedbed.promotion.proposal import Proposal
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.provenance import read_provenance
from seedbed.tracking.registry import BY_RUN, Registry, Version
from seedbed.tracking.writer import RunWriter


def register(registry: Registry, proposal: Proposal, *, forced: bool) -> Version:
    """Keep the model under a run of kind promotion, make it a version, and move the alias last."""
    origin = proposal.origin
    writer = RunWriter(registry.store, proposal.experiment, read_provenance(), proposal.table.record, origin.sweep)
    params = format_params(origin.candidate)
    tags = {
        **proposal.tags,
        str(Tags.CANDIDATE): compute_candidate_id(origin.candidate),
        str(Tags.PARAMS): json.dumps(dict(sorted(params.items())), ensure_ascii=False),
        str(Tags.DIGEST): origin.digest,
        str(Tags.SWEEP): origin.sweep or "",
        str(Tags.RUN): origin.run or "",
        str(Tags.RULE): origin.rule or "",
        "seedbed.commit": origin.commit,
        **{f"seedbed.{score.kind}": score.text for score in origin.scores},
    }
    reason = proposal.comparison.describe() if proposal.comparison else f"{origin.basis}."
    with writer.open_run("promotion", tags, Kind.PROMOTION) as run_id:
        writer.log_input(run_id)
        model_id = writer.log_model(run_id, origin.candidate, lambda to, model: proposal.fill(to, run_id, model))
        description = describe_card(proposal.card)
        version = registry.create_version(proposal.name, f"models:/{model_id}", run_id, tags, description)
        registry.move_alias(version, f"{reason} Forced." if forced else reason, origin.rule or BY_RUN)
    return version
