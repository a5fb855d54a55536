"""
The unchanged Python client of OpenAI against a running Pallet: sends a file, has a batch answered, reads results and
errors. Not part of any test run: `pip install openai`, then
BASE_URL=http://127.0.0.1:8080/v1 API_KEY=plt_... MODEL=... python test/reference/openai_client.py examples/photos/cat.jpg
"""

import base64
import io
import json
import os
import sys
import time

import openai


def request(custom_id, text, url, **more):
    content = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]
    body = {"model": MODEL, "max_tokens": 12, "messages": [{"role": "user", "content": content}], **more}
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}


def run_batch(client, lines):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    file = client.files.create(file=("requests.jsonl", io.BytesIO(text.encode())), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"who": "me"}
    )
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        time.sleep(0.2)
        batch = client.batches.retrieve(batch.id)
    return batch


def read_lines(client, file_id):
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()]


MODEL = os.environ["MODEL"]
client = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key=os.environ["API_KEY"], max_retries=0)
with open(sys.argv[1], "rb") as picture:
    url = "data:image/jpeg;base64," + base64.b64encode(picture.read()).decode()

batch = run_batch(
    client,
    [
        request("caption", "caption en", url),
        request("boxes", "detect cat ; dog", url),
        request("no picture", "ocr", "data:image/png;base64,bm9uZQ=="),
    ],
)
assert batch.status == "completed", batch
counts = batch.request_counts
assert (counts.total, counts.completed, counts.failed) == (3, 2, 1), counts
outputs = {line["custom_id"]: line for line in read_lines(client, batch.output_file_id)}
assert set(outputs) == {"caption", "boxes"}, outputs
errors = read_lines(client, batch.error_file_id)
assert [line["custom_id"] for line in errors] == ["no picture"], errors

failed = run_batch(client, [request("a", "ocr", url), request("a", "ocr", url)])
assert failed.status == "failed", failed
assert [(error.line, error.code) for error in failed.errors.data] == [(2, "duplicate_custom_id")], failed.errors

chat = client.chat.completions.create(**request("one", "caption en", url)["body"])
said = outputs["caption"]["response"]["body"]["choices"][0]["message"]["content"]
assert chat.choices[0].message.content == said, chat

# Its body is empty, and says that it is JSON.
waiting = client.batches.create(
    input_file_id=batch.input_file_id, endpoint="/v1/chat/completions", completion_window="24h"
)
try:
    assert client.batches.cancel(waiting.id).status in ("cancelling", "finalizing", "cancelled")
except openai.ConflictError:
    pass
assert len([one.id for one in client.batches.list(limit=1)]) == 3
client.files.delete(batch.output_file_id)
try:
    client.files.retrieve(batch.output_file_id)
    raise AssertionError("the file is still there")
except openai.NotFoundError as error:
    assert error.code == "file.not_found", error.body

print(f"openai {openai.__version__}: files, batches, results, errors, one completion: all as expected")
