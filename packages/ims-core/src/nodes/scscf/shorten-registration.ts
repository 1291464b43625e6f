import type { CauseHolder } from '../../ports/trace-sink.ts';
import { note, type ScscfContext } from './context.ts';

/**
 * The operator wants a user to prove itself again: its contacts get this little time, of which the UE learns by the reg event package, so that it
 * registers anew within half of it. Contacts that have less left stay as they are. False when the user is not registered here.
 * @see TS 24.229 5.4.1.6
 */
export function shortenRegistration(
  context: ScscfContext,
  impi: string,
  expiresS: number,
  cause: CauseHolder,
): Promise<boolean> {
  return context.inTurn.run(impi, async () => {
    const before = context.registrations.byImpi(impi);
    if (before === undefined) return false;
    const expiresAtMs = context.clock.now() + expiresS * 1000;
    const bindings = before.bindings.map((binding) =>
      binding.expiresAtMs > expiresAtMs ? { ...binding, expiresAtMs, event: 'shortened' as const } : binding,
    );
    const after = { ...before, bindings };
    context.registrations.set(after);
    const text = `${context.nameOf(impi)} has to register again within ${expiresS} s (TS 24.229 5.4.1.6)`;
    cause.cause = note(context, 'REGISTRATION_SHORTENED', text, cause.cause);
    context.regEvents.changed({ impi, before, after, end: 'deactivated' }, cause.cause);
    return true;
  });
}
