"""The keys that the fakes behind Junction's management take. They open nothing else."""

MANAGEMENT_KEY = "mg_fake"
SVIX_KEY = "sk_fake.us"  # of an application of Svix
