import { machine } from '../transaction/machine.ts';

/**
 * A subscription at its notifier. One NOTIFY is on its way at a time: what changes meanwhile is told with the next one.
 * `Init` no subscription yet; `Active` the subscriber knows all; `Notifying` a NOTIFY is on its way; `Changed` and there is news already;
 * `Ending` and the subscription is over, which the next NOTIFY says; `Closing` that one is on its way.
 * @see RFC 6665 §4.2.2
 */
export const notifierTable = machine({
  name: 'Subscription at the notifier',
  states: ['Init', 'Active', 'Notifying', 'Changed', 'Ending', 'Closing', 'Terminated'],
  events: ['SUBSCRIBE', 'fetch', 'refresh', 'unsubscribe', 'change', 'end', 'expiry', 'drop', '2xx', 'failure'],
  initial: 'Init',
  start: [],
  final: 'Terminated',
  rows: [
    ['Init', 'SUBSCRIBE', 'Notifying', ['accept', 'startExpiry', 'notify'], 'RFC 6665 §4.2.1.2'],
    ['Init', 'fetch', 'Closing', ['accept', 'notifyEnd'], 'RFC 6665 §4.4.3'],

    ['Active', 'refresh', 'Notifying', ['accept', 'startExpiry', 'notify'], 'RFC 6665 §4.2.1.4'],
    ['Active', 'unsubscribe', 'Closing', ['accept', 'stopExpiry', 'notifyEnd'], 'RFC 6665 §4.2.1.4'],
    ['Active', 'change', 'Notifying', ['notify'], 'RFC 6665 §4.2.2'],
    ['Active', 'end', 'Closing', ['stopExpiry', 'notifyEnd'], 'RFC 6665 §4.2.2'],
    ['Active', 'expiry', 'Closing', ['notifyEnd'], 'RFC 6665 §4.2.2'],
    ['Active', 'drop', 'Terminated', ['stopExpiry', 'forget'], 'TS 24.229 5.4.1.5'],

    ['Notifying', '2xx', 'Active', [], 'RFC 6665 §4.2.2'],
    ['Notifying', 'failure', 'Terminated', ['stopExpiry', 'forget'], 'RFC 6665 §4.2.2'],
    ['Notifying', 'refresh', 'Changed', ['accept', 'startExpiry'], 'RFC 6665 §4.2.1.4'],
    ['Notifying', 'unsubscribe', 'Ending', ['accept', 'stopExpiry'], 'RFC 6665 §4.2.1.4'],
    ['Notifying', 'change', 'Changed', [], 'RFC 6665 §4.2.2'],
    ['Notifying', 'end', 'Ending', ['stopExpiry'], 'RFC 6665 §4.2.2'],
    ['Notifying', 'expiry', 'Ending', [], 'RFC 6665 §4.2.2'],
    ['Notifying', 'drop', 'Terminated', ['stopExpiry', 'forget'], 'TS 24.229 5.4.1.5'],

    ['Changed', '2xx', 'Notifying', ['notify'], 'RFC 6665 §4.2.2'],
    ['Changed', 'failure', 'Terminated', ['stopExpiry', 'forget'], 'RFC 6665 §4.2.2'],
    ['Changed', 'refresh', 'Changed', ['accept', 'startExpiry'], 'RFC 6665 §4.2.1.4'],
    ['Changed', 'unsubscribe', 'Ending', ['accept', 'stopExpiry'], 'RFC 6665 §4.2.1.4'],
    ['Changed', 'end', 'Ending', ['stopExpiry'], 'RFC 6665 §4.2.2'],
    ['Changed', 'expiry', 'Ending', [], 'RFC 6665 §4.2.2'],
    ['Changed', 'drop', 'Terminated', ['stopExpiry', 'forget'], 'TS 24.229 5.4.1.5'],

    ['Ending', '2xx', 'Closing', ['notifyEnd'], 'RFC 6665 §4.2.2'],
    ['Ending', 'failure', 'Terminated', ['forget'], 'RFC 6665 §4.2.2'],
    ['Ending', 'refresh', 'Ending', ['refuse'], 'RFC 6665 §4.2.1.4'],
    ['Ending', 'unsubscribe', 'Ending', ['accept'], 'RFC 6665 §4.2.1.4'],
    ['Ending', 'drop', 'Terminated', ['forget'], 'TS 24.229 5.4.1.5'],

    ['Closing', '2xx', 'Terminated', ['forget'], 'RFC 6665 §4.2.2'],
    ['Closing', 'failure', 'Terminated', ['forget'], 'RFC 6665 §4.2.2'],
    ['Closing', 'refresh', 'Closing', ['refuse'], 'RFC 6665 §4.2.1.4'],
    ['Closing', 'unsubscribe', 'Closing', ['accept'], 'RFC 6665 §4.2.1.4'],
    ['Closing', 'drop', 'Terminated', ['forget'], 'TS 24.229 5.4.1.5'],
  ],
  ignored: [
    ['Init', 'refresh'],
    ['Init', 'unsubscribe'],
    ['Init', 'change'],
    ['Init', 'end'],
    ['Init', 'expiry'],
    ['Init', 'drop'],
    ['Init', '2xx'],
    ['Init', 'failure'],
    ['Active', 'SUBSCRIBE'],
    ['Active', 'fetch'],
    ['Active', '2xx'],
    ['Active', 'failure'],
    ['Notifying', 'SUBSCRIBE'],
    ['Notifying', 'fetch'],
    ['Changed', 'SUBSCRIBE'],
    ['Changed', 'fetch'],
    ['Changed', 'change'],
    ['Ending', 'SUBSCRIBE'],
    ['Ending', 'fetch'],
    ['Ending', 'change'],
    ['Ending', 'end'],
    ['Ending', 'expiry'],
    ['Closing', 'SUBSCRIBE'],
    ['Closing', 'fetch'],
    ['Closing', 'change'],
    ['Closing', 'end'],
    ['Closing', 'expiry'],
  ],
});
