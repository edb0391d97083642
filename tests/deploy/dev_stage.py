from deploy.stage import Stage, read_stage
from tests.support.servers.stand_ins import SECRET_ID, StandIns


def dev_on(stand_ins: StandIns, **settings: str) -> Stage:
    """The stage dev, with the stand-ins' secret and OpenTok."""
    environment = {"OPENTOK_SECRET_ID": SECRET_ID, "OPENTOK_API_URL": stand_ins.opentok_server.url}
    stage = read_stage("dev")
    own = {**stage.config["stages"]["dev"], "environment_variables": environment | settings}
    return Stage("dev", {**stage.config, "stages": {"dev": own}})
