import { redirect } from 'next/navigation';
import { page } from '../_server/page.ts';

/** The console opens on the phones. */
export default page(async () => redirect('/phones'));
