/** Why the audit log could not be opened or written. */
export type AuditLogFault =
  /** The file cannot be opened, read, written or synced; `cause` says why. */
  | 'Io'
  /** The last row is damaged: the chain cannot be continued behind it. */
  | 'DamagedTail'
  /** Somebody else wrote, cut, moved or removed the file while it was open. */
  | 'ForeignWrite'
  /** It was closed. */
  | 'Closed';

export class AuditLogError extends Error {
  override readonly name = 'AuditLogError';
  readonly fault: AuditLogFault;

  constructor(fault: AuditLogFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}
