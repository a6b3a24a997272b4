using System.Collections.Concurrent;
using System.Diagnostics;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>What a load came to.</summary>
/// <param name="Done">How often the shop did what it was asked for.</param>
/// <param name="Refused">How often it did not.</param>
/// <param name="Seconds">How long all of it took.</param>
/// <param name="Milliseconds">Of each that was done, sorted.</param>
/// <param name="Processor">What the generator took, in seconds of processor time.</param>
/// <param name="Refusals">Some of the answers that were no good.</param>
internal sealed record LoadResult(
    int Done, int Refused, double Seconds, double[] Milliseconds, double Processor, IReadOnlyCollection<string> Refusals)
{
    /// <summary>A second.</summary>
    public double Rate => Done / Seconds;

    /// <summary>The time within which such a share was done.</summary>
    public double Percentile(double share) =>
        Milliseconds.Length == 0 ? double.NaN : Milliseconds[(int)((Milliseconds.Length - 1) * share)];
}

/// <summary>Clients in a closed loop, a thread and a connection each: each does the next thing when the last one is answered.</summary>
internal static class Load
{
    /// <summary>No level does more than this.</summary>
    public const int MaxCount = 200_000;

    /// <summary>How long a client waits that was refused.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs until the time is up or it was begun so often.</summary>
    /// <param name="port">The front end's.</param>
    /// <param name="clients">How many at once.</param>
    /// <param name="duration">The time.</param>
    /// <param name="prepare">What each client does, made before the time begins; the number says which client, and the action answers
    /// whether it was done.</param>
    /// <param name="count">How often at most.</param>
    public static async Task<LoadResult> RunAsync(
        int port, int clients, TimeSpan duration, Func<Connection, int, Func<bool>> prepare, int count = MaxCount)
    {
        var milliseconds = new List<double>[clients];
        var refusals = new ConcurrentQueue<string>();
        var (begun, refused) = (0, 0);
        using var ready = new Barrier(clients + 1);
        var watch = new Stopwatch();
        var threads = Enumerable.Range(0, clients).Select(number => Task.Factory.StartNew(() =>
        {
            var mine = milliseconds[number] = new List<double>(4096);
            using var connection = new Connection(port);
            Func<bool> act;
            try
            {
                act = prepare(connection, number);
            }
            catch
            {
                ready.RemoveParticipant();
                throw;
            }
            ready.SignalAndWait();
            while (watch.Elapsed < duration && Interlocked.Increment(ref begun) <= count)
            {
                var start = watch.Elapsed;
                if (act())
                {
                    mine.Add((watch.Elapsed - start).TotalMilliseconds);
                    continue;
                }
                if (Interlocked.Increment(ref refused) <= 3)
                    refusals.Enqueue(connection.AnsweredBody);
                Thread.Sleep(RetryDelay);
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var before = TimeSpan.Zero;
        await Task.Factory.StartNew(() =>
        {
            before = Environment.CpuUsage.TotalTime;
            watch.Start();
            ready.SignalAndWait();
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAll(threads);
        var seconds = watch.Elapsed.TotalSeconds;
        var sorted = milliseconds.SelectMany(m => m).Order().ToArray();
        return new LoadResult(sorted.Length, refused, seconds, sorted, (Environment.CpuUsage.TotalTime - before).TotalSeconds, refusals);
    }
}
