import { auth } from "tesseral-verify/nextjs/serverside";

export default async function Page() {
  const { accessTokenClaims } = await auth({ or: "redirect" });
  return <p>hello {accessTokenClaims.user.email}</p>;
}
