/** Body type of what the network tells a UE beside SIP. @see TS 24.229 7.6 */
export const IMS_3GPP_XML = 'application/3gpp-ims+xml';

/** The network lost the registration of the UE, which has to register anew. @see TS 24.229 7.6 */
export const RESTORATION_BODY = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<ims-3gpp version="1"><alternative-service><type>restoration</type><reason/>',
  '<action>initial-registration</action></alternative-service></ims-3gpp>',
].join('');

/** Headers of the 504 that carries it; the UE believes only who knows a URI of its Service-Route. @see TS 24.229 5.1.2A.1.6 */
export function restorationHeaders(serviceRouteUri: string): readonly (readonly [name: string, value: string])[] {
  return [
    ['P-Asserted-Identity', `<${serviceRouteUri}>`],
    ['Content-Type', IMS_3GPP_XML],
  ];
}

/** Whether a body of this type asks the UE to register anew. @see TS 24.229 5.1.2A.1.6 */
export function asksForInitialRegistration(body: string): boolean {
  const element = (name: string): string => new RegExp(`<${name}>\\s*([\\w-]+)\\s*</${name}>`).exec(body)?.[1] ?? '';
  return element('type') === 'restoration' && element('action') === 'initial-registration';
}
