import { Tensor } from 'onnxruntime-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decoderPorts } from '../../graph/decoder-graph.js';
import { GraphSession } from '../../graph/graph-session.js';
import { selfTest } from './self-test.js';
import { HAS_WEBGPU, useSwiftShader } from './swiftshader-fixture.js';

useSwiftShader();

/** From its nth run of the decoder on, the device is off by a hundredth in one number. */
function breakDevice(firstRun: number): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { run } = GraphSession.prototype;
  let runs = 0;
  vi.spyOn(GraphSession.prototype, 'run').mockImplementation(async function (
    this: GraphSession,
    feeds,
    fetches,
  ) {
    const outputs = await run.call(this, feeds, fetches);
    const states = outputs[decoderPorts.states];
    if (states === undefined || ++runs < firstRun) return outputs;
    const numbers = Float32Array.from(states.data as Float32Array);
    numbers[17]! += 0.01;
    return { ...outputs, [decoderPorts.states]: new Tensor('float32', numbers, states.dims) };
  });
}

afterEach(() => vi.restoreAllMocks());

describe.skipIf(!HAS_WEBGPU)('the self-test of a device', () => {
  it('passes where the arithmetic is right', async () => {
    expect(await selfTest()).toBeLessThan(1e-5);
  });

  it.each([
    ['prefill', 1],
    ['last decode step', 7],
  ])('refuses a device that is wrong in its %s', async (_, firstRun) => {
    breakDevice(firstRun);
    await expect(selfTest()).rejects.toMatchObject({
      code: 'provider.self_test_failed',
      message: expect.stringContaining('provider "cpu"'),
    });
  });
});
