"""The tasks that the container runs."""

from helmr import task
from helmr_local import TaskContext, implement

greet = task("greet", payload=dict[str, str], output=str)


@implement(greet)
def run(ctx: TaskContext[dict[str, str]]) -> str:
    print("greeting", ctx.payload["name"])
    return f"hello {ctx.payload['name']}"
