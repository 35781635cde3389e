"""Who is using the site: phone and sign-in code, staff passwords, roles."""
