/** Words for operators: what the network says about itself is in the trace. A pino logger fits. */
export interface Log {
  warn(facts: object, text: string): void;
  error(facts: object, text: string): void;
}
