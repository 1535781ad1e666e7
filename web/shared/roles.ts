/** What a role stands for, wherever people are shown. */
import type { Role } from "./protocol/messages";

const doctors: readonly string[] = ["host", "specialist", "doctor"] satisfies Role[];

/** Who reads the referral, writes the minutes and signs them, as the server has it (`minutes_is_doctor`). */
export const isDoctor = (role: string | undefined): boolean => role !== undefined && doctors.includes(role);
