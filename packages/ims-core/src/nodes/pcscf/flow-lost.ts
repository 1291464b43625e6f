import type { CauseHolder } from '../../ports/trace-sink.ts';
import { serializeAuth } from '../../protocols/sip/auth-params.ts';
import { request } from '../../protocols/sip/build.ts';
import { newIcid } from '../../protocols/sip/charging-vector.ts';
import { unchanged } from '../../protocols/sip/edit.ts';
import { newCallId, newTag } from '../../protocols/sip/ids.ts';
import { serializeNameAddr, withParam } from '../../protocols/sip/name-addr.ts';
import { originatingVector } from './charging.ts';
import { RECONNECT_GRACE_MS } from './config.ts';
import { note, type PcscfContext } from './context.ts';
import { pathEntry } from './own-uris.ts';
import { type Binding, sipIdentity } from './registrations.ts';
import { releaseBinding } from './release.ts';

/**
 * The connection of a UE closed: its contact has some time to come back on another flow, then its calls and its registration end.
 * @see TS 24.229 5.2.8.1.2, RFC 5626 §5.3
 */
export function flowLost(ctx: PcscfContext, binding: Binding): void {
  const lost = binding.flow;
  ctx.challenges.forgetFlow(lost);
  if (!binding.registered && ctx.sessions.ofBinding(binding).length === 0) return;
  const text = `${lost.transport} connection of ${binding.impi} closed; ${RECONNECT_GRACE_MS / 1000} s to come back`;
  const cause = note(ctx, 'FLOW_LOST', binding.ue, text, null);
  ctx.graceTimers.get(binding)?.stop();
  const timer = ctx.clock.after(RECONNECT_GRACE_MS, () => {
    ctx.graceTimers.delete(binding);
    if (binding.flow === lost) void graceOver(ctx, binding, cause);
  });
  ctx.graceTimers.set(binding, timer);
}

async function graceOver(ctx: PcscfContext, binding: Binding, flowLostSeq: number): Promise<void> {
  const calls = ctx.sessions.ofBinding(binding).length;
  if (!binding.registered && calls === 0) return;
  const holder: CauseHolder = {
    cause: note(ctx, 'FLOW_GRACE_OVER', binding.ue, `${binding.impi} did not come back`, flowLostSeq),
  };

  // Its calls are released towards the other ends.
  await releaseBinding(ctx, binding, { cause: 503, text: 'The connection of the UE was lost' }, { ...holder });

  // Its contact is de-registered at the home network.
  if (!binding.registered) return;
  ctx.registrations.end(binding);
  const response = await ctx.stack.request({ request: unchanged(deregistration(ctx, binding)) }, holder);
  if (response.status >= 300) {
    ctx.log.warn({ impi: binding.impi, status: response.status }, 'the home network did not take a lost UE away');
  }
}

/**
 * A REGISTER that removes the contact of a UE that is gone.
 *
 * Deviation: TS 24.229 keeps the contact until it expires; here the P-CSCF de-registers it, as a trusted node that authenticated
 * the UE before (`auth-done`), so that S-CSCF and HSS see it at once.
 */
function deregistration(ctx: PcscfContext, binding: Binding) {
  const { config } = ctx;
  const homeUri = `sip:${config.domain}`;
  const identity = sipIdentity(binding)?.uriText ?? `sip:${binding.impi}`;
  return request('REGISTER', homeUri, [
    ['Max-Forwards', '70'],
    ['From', `<${identity}>;tag=${newTag(ctx.random)}`],
    ['To', `<${identity}>`],
    ['Call-ID', newCallId(ctx.random, config.host)],
    ['CSeq', '1 REGISTER'],
    ['Contact', serializeNameAddr(withParam(binding.contact, 'expires', '0'))],
    ['Expires', '0'],
    ['Supported', 'path, outbound'],
    ['Require', 'path'],
    ['Path', pathEntry(config, binding.pathToken, binding.outbound)],
    [
      'Authorization',
      serializeAuth('Digest', [
        ['username', binding.impi, true],
        ['realm', config.domain, true],
        ['uri', homeUri, true],
        ['nonce', '', true],
        ['response', '', true],
        ['integrity-protected', 'auth-done', true],
      ]),
    ],
    ['P-Visited-Network-ID', `"${config.domain}"`],
    ['P-Charging-Vector', originatingVector(config, newIcid(ctx.random))],
  ]);
}
