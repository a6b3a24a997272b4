namespace SoonShop.StripeTesting.Http;

/// <summary>The first answer to each idempotency key (docs.stripe.com/api/idempotent_requests). For many threads.</summary>
internal sealed class IdempotencyKeys(int limit)
{
    public const int MaxLength = 255;
    private readonly Lock sync = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (sync)
                return entries.Count;
        }
    }

    /// <summary>
    /// Takes a key for a request: answers null when the request is to be executed and then <see cref="Keep"/> or <see cref="Release"/>
    /// called, or the answer to give again. Throws for a key that is in use, or was used for something else.
    /// </summary>
    public Answer? Take(string key, string path, string fingerprint)
    {
        lock (sync)
        {
            if (!entries.TryGetValue(key, out var entry))
            {
                if (entries.Count >= limit)
                    throw StripeError.Failure($"The test server keeps at most {limit} idempotency keys; raise "
                        + "StripeServer:MaxIdempotencyKeys, or forget them (POST /test/idempotency_keys/forget).");
                entries[key] = new Entry(path, fingerprint);
                return null;
            }
            if (entry.Path != path)
                throw StripeError.KeyReused("Keys for idempotent requests can only be used for the same endpoint they were first used for "
                    + $"('{path}' vs '{entry.Path}'). Try using a key other than '{key}' if you meant to execute a different request.");
            if (entry.Fingerprint != fingerprint)
                throw StripeError.KeyReused("Keys for idempotent requests can only be used with the same parameters they were first used "
                    + $"with. Try using a key other than '{key}' if you meant to execute a different request.");
            return entry.Answer ?? throw StripeError.KeyInUse(key);
        }
    }

    /// <summary>Keeps the answer to a key that was taken.</summary>
    public void Keep(string key, Answer answer)
    {
        lock (sync)
        {
            if (entries.TryGetValue(key, out var entry))
                entry.Answer = answer;
        }
    }

    /// <summary>Gives a key back that led to nothing.</summary>
    public void Release(string key)
    {
        lock (sync)
            entries.Remove(key);
    }

    /// <summary>Forgets one key, or all that are not in use, as Stripe does after a day; answers how many.</summary>
    public int Forget(string? key)
    {
        lock (sync)
        {
            var old = entries.Where(e => e.Value.Answer is not null && (key is null || e.Key == key)).Select(e => e.Key).ToList();
            old.ForEach(k => entries.Remove(k));
            return old.Count;
        }
    }

    private sealed class Entry(string path, string fingerprint)
    {
        public string Path => path;

        public string Fingerprint => fingerprint;

        public Answer? Answer { get; set; }
    }
}

/// <summary>An answer that was given.</summary>
internal sealed record Answer(int Status, byte[] Body, string RequestId);
