using Microsoft.Extensions.Caching.Memory;
using SoonShop.ApiFrontend.Cluster;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>
/// Keeps answers in memory, bounded by number and size, and asks for each that is missing once at a time. Over the framework's
/// memory cache for one reason: what is dropped while it is being asked for must not be kept when the answer comes.
/// </summary>
internal sealed class SharedAnswers(int maxCount, long maxBytes, TimeSpan lifetime) : IDisposable
{
    /// <summary>What the cache itself needs for an entry, roughly.</summary>
    private const int EntryBytes = 512;

    /// <summary>The share that goes when the number is reached.</summary>
    private const double Compaction = 0.1;

    private readonly MemoryCache kept = new(new MemoryCacheOptions { SizeLimit = maxBytes });
    private readonly Dictionary<object, Flight> flights = [];
    private readonly Lock gate = new();

    /// <summary>The kept answer; null when there is none.</summary>
    public Answer? Find(object key) => kept.TryGetValue(key, out Answer? answer) ? answer : null;

    /// <summary>Asks, or waits with those who ask already; keeps a granted answer that <paramref name="mayKeep"/> agrees to.</summary>
    public async Task<Outcome<Answer>> AskAsync(object key, Func<Task<Outcome<Answer>>> ask, Func<Answer, bool> mayKeep, CancellationToken cancellation)
    {
        Flight? flight;
        lock (gate)
        {
            if (!flights.TryGetValue(key, out flight))
            {
                var started = flight = new Flight();
                flights.Add(key, started);
                // Not on this caller's behalf alone: others may wait for it, so it ends by the call's own time limit, or when the last has left.
                flight.Answer = Task.Run(
                    () =>
                    {
                        CallBudget.Share(started.Abandoned.Token);
                        return FlyAsync(key, started, ask, mayKeep);
                    },
                    CancellationToken.None);
            }
            flight.Waiting++;
        }
        try
        {
            return await flight.Answer.WaitAsync(cancellation);
        }
        finally
        {
            Leave(key, flight);
        }
    }

    /// <summary>Forgets one answer; one that is being asked for now will not be kept, and nobody else will be given it.</summary>
    public void Drop(object key)
    {
        lock (gate)
        {
            flights.Remove(key);
            kept.Remove(key);
        }
    }

    /// <summary>Forgets all of them.</summary>
    public void DropAll()
    {
        lock (gate)
        {
            flights.Clear();
            kept.Clear();
        }
    }

    private void Leave(object key, Flight flight)
    {
        lock (gate)
        {
            if (--flight.Waiting > 0 || flight.Answer.IsCompleted)
                return;
            // Who comes now asks anew.
            if (flights.TryGetValue(key, out var current) && current == flight)
                flights.Remove(key);
        }
        flight.Answer.Ignore();
        flight.Abandoned.Cancel();
    }

    private async Task<Outcome<Answer>> FlyAsync(object key, Flight flight, Func<Task<Outcome<Answer>>> ask, Func<Answer, bool> mayKeep)
    {
        Outcome<Answer>? outcome = null;
        try
        {
            return outcome = await ask();
        }
        finally
        {
            lock (gate)
            {
                // Another one's place, or none: this one was dropped.
                if (flights.TryGetValue(key, out var current) && current == flight)
                {
                    flights.Remove(key);
                    if (outcome is { IsRefused: false, Value: var answer } && mayKeep(answer))
                        Keep(key, answer);
                }
            }
        }
    }

    private void Keep(object key, Answer answer)
    {
        if (kept.Count >= maxCount)
            kept.Compact(Compaction);
        if (kept.Count < maxCount)
            kept.Set(key, answer, new MemoryCacheEntryOptions { Size = answer.Body.Length + EntryBytes, AbsoluteExpirationRelativeToNow = lifetime });
    }

    public void Dispose() => kept.Dispose();

    private sealed class Flight
    {
        public Task<Outcome<Answer>> Answer { get; set; } = null!;

        /// <summary>How many wait for it.</summary>
        public int Waiting { get; set; }

        /// <summary>Nobody waits any more. (No timer, nothing to dispose of.)</summary>
        public CancellationTokenSource Abandoned { get; } = new();
    }
}

/// <summary>An answer as it goes out.</summary>
/// <param name="Body">JSON.</param>
/// <param name="ETag">Changes with the body.</param>
/// <param name="ProductVersion">Of a product, its version.</param>
/// <param name="StockVersion">Of a product, its stock's.</param>
internal sealed record Answer(byte[] Body, string ETag, int ProductVersion = 0, int StockVersion = 0);
