/** Sign-in, and the new password that a one-time password asks for. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { CircleAlert, Eye, EyeOff } from "lucide";
import { ApiError, type AdminApi, type Session } from "../../shared/api";
import { common, language, setLanguage, type Language } from "../../shared/i18n";
import { minutesSeconds, secondsLeft } from "../../shared/time/countdown";
import { useNow } from "../../shared/time/now";
import { Button, Field, Icon, notify } from "../../shared/ui";
import { Refusal } from "../parts/form";
import { Landscape, Mark } from "../parts/landscape";
import { checkPassword } from "../password";
import { t } from "../words/panel";

function Gate({ children, onLanguage }: { children: ComponentChildren; onLanguage: (chosen: Language) => void }) {
  const other: Language = language() === "vi" ? "en" : "vi";
  const choose = () => {
    setLanguage(other);
    onLanguage(other);
  };
  return (
    <div class="gate">
      <main class="gate__form">
        <div class="gate__brand">
          <Mark />
          <span class="gate__product">{common("product")}</span>
          <button type="button" class="text-button" lang={other} onClick={choose} data-testid="gate-language">
            {other === "en" ? common("english") : common("vietnamese")}
          </button>
        </div>
        <div class="gate__middle">{children}</div>
      </main>
      <aside class="gate__picture">
        <Landscape />
        <p class="gate__pitch">{t("pitch")}</p>
      </aside>
    </div>
  );
}

interface PasswordProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  autocomplete: "current-password" | "new-password";
  testId: string;
  error?: string | undefined;
  hint?: string;
}

function PasswordField({ label, value, onInput, autocomplete, testId, error, hint }: PasswordProps) {
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} error={error} hint={hint}>
      {(control) => {
        const common = {
          ...control,
          value,
          required: true,
          autocomplete: autocomplete as string,
          "data-testid": testId,
          onInput: (event: { currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value),
        };
        return (
          <span class="password">
            {shown ? <input {...common} type="text" /> : <input {...common} type="password" />}
            <button type="button" class="password__eye" aria-pressed={shown} onClick={() => setShown(!shown)}>
              <Icon of={shown ? EyeOff : Eye} />
              <span class="visually-hidden">{shown ? t("hidePassword") : t("showPassword")}</span>
            </button>
          </span>
        );
      }}
    </Field>
  );
}

interface SignInProps {
  api: AdminApi;
  /** The session ended while working: say so. */
  over: boolean;
  onSession: (session: Session, password: string) => void;
}

export function SignIn({ api, over, onSession }: SignInProps) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const [untilMs, setUntilMs] = useState(0);
  const chosen = useRef<Language | null>(null);
  const now = useNow(500);
  const wait = secondsLeft(untilMs, now);
  const waitId = useId();
  const user = useRef<HTMLInputElement>(null);
  useEffect(() => {
    user.current?.focus();
    document.title = `${t("welcome")} · Hội Chẩn`;
  }, []);

  /** What was chosen at the door goes before what the account had; kept there, it is the same at the next machine. */
  async function keepChoice(session: Session): Promise<Session> {
    if (!chosen.current) return session;
    await api.session.setLanguage(chosen.current).catch(() => undefined);
    return { ...session, user: { ...session.user, language: chosen.current } };
  }

  async function send(event: Event) {
    event.preventDefault();
    if (busy || wait > 0) return;
    setBusy(true);
    setError(undefined);
    try {
      onSession(await keepChoice(await api.session.signIn(username.trim(), password)), password);
    } catch (fault) {
      setError(fault);
      if (fault instanceof ApiError && fault.problem.status === 429) setUntilMs(Date.now() + (fault.retryAfterS ?? 30) * 1000);
    }
    setBusy(false);
  }

  return (
    <Gate onLanguage={(one) => (chosen.current = one)}>
      <form class="stack" onSubmit={(event) => void send(event)}>
        <div>
          <h1>{t("welcome")}</h1>
          <p class="quiet-text">{t("welcomeText")}</p>
        </div>
        {over && error === undefined && (
          <p class="notice" role="status">
            {t("sessionOver")}
          </p>
        )}
        {wait > 0 ? (
          <div class="notice notice--attention" role="alert">
            <Icon of={CircleAlert} />
            <span>{t("throttled")}</span>
          </div>
        ) : (
          <Refusal error={error instanceof ApiError && error.problem.status === 429 ? undefined : error} />
        )}
        <Field label={t("username")}>
          {(control) => (
            <input
              {...control}
              ref={user}
              type="text"
              value={username}
              required
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              data-testid="login-user"
              onInput={(event) => setUsername(event.currentTarget.value)}
            />
          )}
        </Field>
        <PasswordField label={t("password")} value={password} onInput={setPassword} autocomplete="current-password" testId="login-password" />
        <Button kind="primary" wide type="submit" busy={busy || wait > 0} data-testid="login-submit" {...(wait > 0 ? { "aria-describedby": waitId } : {})}>
          {wait > 0 ? <span id={waitId}>{t("waitToSignIn", { time: minutesSeconds(wait) })}</span> : t("signIn")}
        </Button>
      </form>
    </Gate>
  );
}

interface NewPasswordProps {
  api: AdminApi;
  /** What was just used to sign in; asked for again when the page was loaded anew. */
  known: string | null;
  onDone: () => void;
  onSignOut: () => void;
}

export function NewPassword({ api, known, onDone, onSignOut }: NewPasswordProps) {
  const [current, setCurrent] = useState(known ?? "");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const heading = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    heading.current?.focus();
    document.title = `${t("mustChange")} · Hội Chẩn`;
  }, []);
  const fault = checkPassword(fresh, current);
  const words = !fault ? undefined : fault.code === "too-short" ? t("tooShort", { count: fault.missing }) : t("sameAsOld");
  const different = fresh !== again ? t("notSame") : undefined;

  async function send(event: Event) {
    event.preventDefault();
    setTried(true);
    if (busy) return;
    if (fault || different) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus());
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      await api.session.changePassword(current, fresh);
      notify({ text: t("passwordSaved") });
      onDone();
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  }

  return (
    <Gate onLanguage={(one) => void api.session.setLanguage(one).catch(() => undefined)}>
      <form ref={form} class="stack" noValidate onSubmit={(event) => void send(event)}>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {t("mustChange")}
          </h1>
          <p class="quiet-text">{t("mustChangeText")}</p>
        </div>
        <Refusal error={error} />
        {known === null && (
          <PasswordField label={t("currentPassword")} value={current} onInput={setCurrent} autocomplete="current-password" testId="password-current" />
        )}
        <PasswordField
          label={t("newPassword")}
          value={fresh}
          onInput={setFresh}
          autocomplete="new-password"
          testId="password-new"
          hint={t("newPasswordHint")}
          error={tried ? words : undefined}
        />
        <PasswordField
          label={t("repeatPassword")}
          value={again}
          onInput={setAgain}
          autocomplete="new-password"
          testId="password-again"
          error={tried && !words ? different : undefined}
        />
        <Button kind="primary" wide type="submit" busy={busy} data-testid="password-submit">
          {t("savePassword")}
        </Button>
        <Button kind="quiet" wide onClick={onSignOut}>
          {t("signOut")}
        </Button>
      </form>
    </Gate>
  );
}
