import type { Phone } from './phone.ts';
import type { PhoneState } from './phone-state.ts';

interface SimDetailsProps {
  readonly phone: Phone;
  readonly state: PhoneState;
}

/** What the SIM carries and what the registration gave, in the wire's words. */
export function SimDetails({ phone, state }: SimDetailsProps) {
  const { sim } = phone;
  const { registered } = state;
  return (
    <details className="facts">
      <summary>SIM and registration</summary>
      <dl>
        <dt>IMPI</dt>
        <dd>{sim.impi}</dd>
        <dt>IMPU</dt>
        {sim.impus.map((impu) => (
          <dd key={impu}>{impu}</dd>
        ))}
        <dt>Authentication</dt>
        <dd>{registered?.algorithm ?? `${phone.algorithm}, announced`}</dd>
        {registered ? (
          <>
            <dt>Default identity</dt>
            <dd>{registered.defaultIdentity}</dd>
            <dt>Service-Route</dt>
            {registered.serviceRoutes.map((route) => (
              <dd key={route}>{route}</dd>
            ))}
            <dt>expires</dt>
            <dd>{registered.expiresS} s</dd>
          </>
        ) : null}
      </dl>
    </details>
  );
}
