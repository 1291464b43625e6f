import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { note, type ScscfContext, serverAssignment } from './context.ts';
import { registrationChanged } from './registration-change.ts';

/**
 * The registration time of a contact ran out. With the last one the whole implicit set is de-registered, also when the HSS is away.
 * @see TS 24.229 5.4.1.4.2
 */
export function expire(context: ScscfContext, impi: string): Promise<void> {
  return context.inTurn.run(impi, async () => {
    const before = context.registrations.byImpi(impi);
    if (before === undefined) return;
    const nowMs = context.clock.now();
    const left = before.bindings.filter((binding) => binding.expiresAtMs > nowMs);
    if (left.length === before.bindings.length) return;

    const gone = before.bindings.filter((binding) => !left.includes(binding));
    const uris = gone.map((binding) => binding.contact.uriText).join(', ');
    const text = `The registration of ${context.nameOf(impi)} at ${uris} ran out (TS 24.229 5.4.1.4.2)`;
    const cause = { cause: note(context, 'REGISTRATION_EXPIRED', text, null) };
    const after = left.length === 0 ? undefined : { ...before, bindings: left };
    if (after === undefined) context.registrations.delete(impi);
    else context.registrations.set(after);
    registrationChanged(context, { impi, before, after, end: 'expired' }, cause);
    if (after !== undefined) return;
    const [registeredIdentity] = before.profile.identities;
    if (registeredIdentity === undefined) return;
    await serverAssignment(
      context,
      { impi, impu: registeredIdentity.key },
      ServerAssignmentType.TIMEOUT_DEREGISTRATION,
      cause,
    );
  });
}
