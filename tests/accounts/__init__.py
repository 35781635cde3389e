"""Who is using the site: signing in, staying signed in, signing out."""
