/** Statuses of deliveries, why attempts are made, and why endpoints are disabled; read by the browser too. */
export const DELIVERY_STATUSES = ["PENDING", "DELIVERED", "FAILED", "CANCELED"] as const;
export const ATTEMPT_TRIGGERS = ["schedule", "resend", "recover"] as const;
export const DISABLED_REASONS = ["by_hand", "gone", "failing"] as const;
