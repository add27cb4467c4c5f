from voice.diagnosis import Outcome, diagnose
from voice.settings import load_settings


async def examined(**endpoint):
    settings = load_settings(overrides={f"endpoint.{k}": v for k, v in endpoint.items()})
    return [step async for step in diagnose(settings)]


async def test_an_endpoint_that_nobody_serves_is_told():
    steps = await examined(url="ws://127.0.0.1:9/v1/realtime")
    assert [step.name for step in steps] == ["resolve", "reach"]
    assert steps[-1].outcome is Outcome.FAILED
