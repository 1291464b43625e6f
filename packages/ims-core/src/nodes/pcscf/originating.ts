import type { ForwardOptions, IncomingRequest } from '../../protocols/proxy/stack.ts';
import { newIcid } from '../../protocols/sip/charging-vector.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import { parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { RESTORATION_BODY, restorationHeaders } from '../../protocols/sip/restoration.ts';
import { originatingVector } from './charging.ts';
import type { PcscfContext } from './context.ts';
import { assertIdentity, preferredIdentity } from './identity.ts';
import { enforceRoutes, recordRoute, takeOwnRoutes } from './own-uris.ts';
import type { Binding } from './registrations.ts';
import { newSession, setUpSession } from './session-setup.ts';
import { distrustUe, hideFromUe } from './trust.ts';

/**
 * Initial request of a registered UE: on to the S-CSCF that registered it, with its identity asserted.
 * @see TS 24.229 5.2.6.3
 */
export async function originating(ctx: PcscfContext, incoming: IncomingRequest, binding: Binding): Promise<void> {
  const edit = new MessageEdit(incoming.message);

  // 5.2.6.3.1: the way is the Service-Route of the registration, whatever the UE wrote behind this box's own entry.
  takeOwnRoutes(edit, ctx.config);
  enforceRoutes(
    edit,
    binding.serviceRoute,
    'the Service-Route of the registration (TS 24.229 5.2.6.3.1, RFC 3608 §6.1)',
  );

  // 5.2.6.3.1: who calls is known from the registration: the registered identity that the UE prefers, else the default one.
  const preferred = preferredIdentity(binding, incoming.message);
  distrustUe(edit);
  assertIdentity(
    edit,
    preferred ?? binding.impus[0],
    preferred === undefined
      ? 'default public user identity of the registration (TS 24.229 5.2.6.3.1)'
      : 'the registered identity that the UE prefers (TS 24.229 5.2.6.3.1)',
  );

  // 5.2.6.3.3: charging
  const icid = newIcid(ctx.random);
  edit.append(
    'P-Charging-Vector',
    originatingVector(ctx.config, icid),
    'new ICID and type 1 IOI (TS 24.229 5.2.6.3.3)',
  );

  // 5.2.6.3.3: stay on the path of the dialog.
  recordRoute(edit, ctx.config, 'core', binding.flow, binding.token);

  if (incoming.message.method === 'INVITE') {
    await setUpSession(ctx, incoming, {
      session: newSession(ctx, incoming, 'originating', binding, icid),
      edit,
      editResponse: hideFromUe,
      onFailure: scscfLost(binding, 'INVITE'),
    });
    return;
  }
  await ctx.stack.forward(incoming, [{ request: edit.done() }], {
    onResponse: (response) => hideFromUe(new MessageEdit(response)).done(),
    onFailure: scscfLost(binding, incoming.message.method),
  });
}

/**
 * The S-CSCF of the registration cannot be reached, or says nothing to an INVITE: 504 makes the UE register anew, perhaps at another one. Silence
 * after another request may be the called UE's: only an INVITE is answered hop by hop, with a 100.
 * @see TS 24.229 5.2.6.3.2, TS 23.380 §4.3
 */
function scscfLost({ serviceRoute }: Binding, method: string): NonNullable<ForwardOptions['onFailure']> {
  return (kind) => {
    const first = parseNameAddr(serviceRoute[0] ?? '');
    if ((kind === 'timeout' && method !== 'INVITE') || !first.ok) return undefined;
    const how = kind === 'timeout' ? 'does not answer' : 'cannot be reached';
    const why = `the S-CSCF of the registration ${how}: the UE has to register anew (TS 24.229 5.2.6.3.2)`;
    return {
      status: 504,
      options: { headers: restorationHeaders(first.value.uriText), body: RESTORATION_BODY, why },
    };
  };
}
