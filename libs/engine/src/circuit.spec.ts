import { Circuit } from './circuit.js';

const options = { threshold: 3, pauseMs: 100, maxPauseMs: 400 };

function openAt(now: number): Circuit {
  const circuit = new Circuit(options);
  for (let count = 0; count < options.threshold; count++) circuit.failed(now);
  return circuit;
}

test('it opens after the threshold of failures in a row, and an answer in between resets the count', () => {
  const circuit = new Circuit(options);
  circuit.failed(0);
  circuit.failed(0);
  circuit.succeeded();
  expect([circuit.failed(0), circuit.failed(0), circuit.failed(0)]).toEqual([false, false, true]);
  expect(circuit.state).toBe('open');
});

test('an open circuit lets one probe through when its pause is over', () => {
  const circuit = openAt(0);
  expect(circuit.admits(99)).toBe(false);
  expect(circuit.admits(100)).toBe(true);
  expect(circuit.state).toBe('half-open');
  expect(circuit.admits(100)).toBe(false);
});

test('the pause doubles with each probe that fails, up to its cap', () => {
  const circuit = openAt(0);
  const pauses: number[] = [];
  let now = 0;
  for (let probe = 0; probe < 4; probe++) {
    now = circuit.nextProbeAt ?? 0;
    expect(circuit.admits(now)).toBe(true);
    circuit.failed(now);
    pauses.push((circuit.nextProbeAt ?? 0) - now);
  }
  expect(pauses).toEqual([200, 400, 400, 400]);
});

test('one answer closes it', () => {
  const circuit = openAt(0);
  circuit.admits(100);
  expect(circuit.succeeded()).toBe(true);
  expect([circuit.state, circuit.nextProbeAt, circuit.admits(101)]).toEqual(['closed', null, true]);
});
