// Retrieves one run again and again through Telnyx's own client, and prints the CPU time that it took as JSON:
// node loop.mjs BASE_URL TEST_ID RUN_ID CONNECTIONS COUNT. The first tenth, in which code is compiled, does not count.
import Telnyx from "telnyx";

const [baseURL, testId, runId, connections, count] = process.argv.slice(2);
const client = new Telnyx({ apiKey: process.env.TELNYX_API_KEY, baseURL });

async function retrieve(times) {
    let left = times;
    const loop = async () => {
        while (left-- > 0) {
            const run = await client.ai.assistants.tests.runs.retrieve(runId, { test_id: testId });
            if (run.status !== "running") throw new Error(`unexpected status ${run.status}`);
        }
    };
    await Promise.all(Array.from({ length: Number(connections) }, loop));
}

await retrieve(Math.ceil(Number(count) / 9));
const before = process.cpuUsage();
await retrieve(Number(count));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpu_us: user + system }));
