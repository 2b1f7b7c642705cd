import { redirect } from "next/navigation";

/** The portal begins with what people look at all day. */
export default function HomePage() {
  redirect("/runs");
}
