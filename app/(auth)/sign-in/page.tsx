export default function SignInPage() {
  return <main className="p-4 text-20 text-ink">Sign in</main>;
}
