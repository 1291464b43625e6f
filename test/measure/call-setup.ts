import { loadavg } from 'node:os';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { eventLabel } from '@imslab/ims-core/trace/ladder';
import { openChromium, Tab } from '../kit/browser.ts';
import { LabProcess } from '../kit/lab-process.ts';
import { waitUntil } from '../kit/wait-until.ts';
import { callIs, type Seen, seen, watch } from './page-clock.ts';

const CALLS = 10;
/** Calls before the measured ones: the JIT of pages and gateway warms up. */
const WARM_UP_CALLS = 2;

interface Call {
  readonly caller: Seen;
  readonly callee: Seen;
  readonly events: readonly TraceEvent[];
}

/** Measures how long a call takes to ring, and to be heard on both sides, as two people in Chromium would. */
export async function run(): Promise<void> {
  for (const microphone of [false, true]) await measure(microphone);
}

async function measure(microphone: boolean): Promise<void> {
  const lab = await LabProcess.start();
  const browser = await openChromium({ microphone });
  try {
    const context = await browser.newContext();
    const [alice, bob] = [
      await Tab.open(context, `${lab.url}/?ue=alice`),
      await Tab.open(context, `${lab.url}/?ue=bob`),
    ];
    await alice.register();
    await bob.register();
    const calls: Call[] = [];
    for (let number = 0; number < WARM_UP_CALLS + CALLS; number += 1) {
      const call = await talk(lab, alice, bob);
      if (number >= WARM_UP_CALLS) calls.push(call);
    }
    report(microphone ? 'fake microphone' : 'test tone', calls);
  } finally {
    await browser.close();
    await lab.close();
  }
}

async function talk(lab: LabProcess, alice: Tab, bob: Tab): Promise<Call> {
  const before = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
  for (const tab of [alice, bob]) await watch(tab.page);
  await alice.page.getByRole('textbox', { name: 'Call to' }).fill('bob');
  await alice.press('Call');
  await callIs(bob.page, 'incoming');
  await callIs(alice.page, 'ringing');
  await new Promise((resolve) => setTimeout(resolve, 500));
  await bob.press('Answer');
  await callIs(alice.page, 'in-call');
  await callIs(bob.page, 'in-call');
  // Both have sound long before: what is read afterwards disturbs nothing.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const [caller, callee] = await Promise.all([seen(alice.page), seen(bob.page)]);
  await bob.click('Hang up');
  await callIs(alice.page, 'none');
  await callIs(bob.page, 'none');
  await waitUntil('the relay is empty', async () => {
    const { state } = await lab.json<{ state: { mediaTransports: number } }>('/healthz');
    return state.mediaTransports === 0;
  });
  const after = await lab.json<{ events: TraceEvent[] }>(`/api/v1/trace?after=${before.events.at(-1)?.seq ?? 0}`);
  return { caller, callee, events: after.events };
}

function report(sound: string, calls: readonly Call[]): void {
  const load = loadavg()[0]?.toFixed(1);
  console.log(`\nCall set-up in Chromium, ${sound}, ${calls.length} calls, load ${load}`);
  const line = (what: string, times: readonly (number | null)[]) => console.log(lineOf(what, times));
  const span = (from: number | null | undefined, to: number | null | undefined) =>
    from == null || to == null ? null : to - from;
  line(
    'Call to ringing (state)',
    calls.map(({ caller, callee }) => span(caller.click['Call'], callee.incoming)),
  );
  line(
    'Call to ringing (words)',
    calls.map(({ caller, callee }) => span(caller.click['Call'], callee.incomingShown)),
  );
  for (const what of ['decoded', 'heard'] as const) {
    line(
      `Answer to ${what}, caller`,
      calls.map(({ caller, callee }) => span(callee.click['Answer'], caller[what])),
    );
    line(
      `Answer to ${what}, callee`,
      calls.map(({ callee }) => span(callee.click['Answer'], callee[what])),
    );
  }
  line(
    'longest task, caller',
    calls.map(({ caller }) => caller.longestTask),
  );
  line(
    'longest task, callee',
    calls.map(({ callee }) => callee.longestTask),
  );
  const again = calls
    .flatMap(({ events }) => events)
    .filter((event) => event.kind === 'sip' && event.sip.retransmission);
  console.log(`retransmissions: ${again.length} ${again.map((event) => eventLabel(event)).join(' ')}`);
  console.log('from the click on Call');
  hops(calls, 'Call', 'INVITE', '180');
  console.log('from the click on Answer');
  hops(calls, 'Answer', '200', 'BYE');
}

/** Medians of when the hops of a phase were traced, from a click on. */
function hops(calls: readonly Call[], button: string, first: string, beyond: string): void {
  const byName = new Map<string, number[]>();
  for (const { caller, callee, events } of calls) {
    const click = caller.click[button] ?? callee.click[button] ?? 0;
    const from = events.findIndex((event) => eventLabel(event) === first);
    const end = events.findLastIndex((event) => eventLabel(event) === beyond);
    const done = new Set<string>();
    for (const event of events.slice(
      from,
      beyond === 'BYE' ? events.findIndex((e) => eventLabel(e) === 'BYE') : end + 1,
    )) {
      const name = `${eventLabel(event)} ${event.from.label} to ${event.to.label}`;
      if (done.has(name)) continue;
      done.add(name);
      byName.set(name, [...(byName.get(name) ?? []), event.time - click]);
    }
  }
  for (const [name, times] of byName) console.log(lineOf(`  ${name}`, times));
}

function lineOf(what: string, times: readonly (number | null)[]): string {
  const known = times.filter((time) => time !== null).toSorted((a, b) => a - b);
  const middle = known.length / 2;
  const median = ((known[Math.ceil(middle) - 1] ?? 0) + (known[Math.floor(middle)] ?? 0)) / 2;
  const missing = times.length - known.length;
  const range = `${known[0]?.toFixed(0)} to ${known.at(-1)?.toFixed(0)}`;
  return `${what.padEnd(46)} ${median.toFixed(0).padStart(5)} ms  (${range}${missing > 0 ? `, ${missing} missing` : ''})`;
}
