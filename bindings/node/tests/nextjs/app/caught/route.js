import { TesseralError } from "tesseral-verify";
import { auth } from "tesseral-verify/nextjs/serverside";

export async function GET() {
  try {
    const { accessTokenClaims } = await auth({ or: "throw" });
    return new Response(`hello ${accessTokenClaims.user.email}`);
  } catch (error) {
    if (!(error instanceof TesseralError)) throw error;
    return new Response(error.slug, { status: error.httpStatus });
  }
}
