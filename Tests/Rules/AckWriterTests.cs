using Microsoft.Extensions.Logging.Abstractions;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Rules;

public sealed class AckWriterTests
{
    [Fact]
    public async Task a_write_that_failed_is_tried_again_a_second_later()
    {
        var writes = new List<DateTime>();
        var written = new TaskCompletionSource();
        await using var writer = new AckWriter((progress, _) =>
        {
            writes.Add(DateTime.UtcNow);
            if (writes.Count == 1)
                throw new TimeoutException("not now");
            written.TrySetResult();
            return Task.FromResult(progress.Select(p => p.Queue).ToHashSet());
        }, TimeSpan.FromMilliseconds(10), NullLogger.Instance);
        writer.Start();
        var reader = new Reader();
        writer.Changed(reader);
        await written.Task.InTimeAsync();
        // Long before twenty seconds, however busy the machine is.
        Assert.InRange(writes[1] - writes[0], TimeSpan.FromMilliseconds(900), TimeSpan.FromSeconds(10));
        await Until.TrueAsync("the reader is told", TimeSpan.FromSeconds(10), () => Task.FromResult(reader.Told == 1));
    }

    [Fact]
    public async Task a_reader_whose_queue_another_silo_has_claimed_is_told()
    {
        await using var writer = new AckWriter(
            (_, _) => Task.FromResult(new HashSet<int>()), TimeSpan.FromMilliseconds(10), NullLogger.Instance);
        var reader = new Reader();
        writer.Changed(reader);
        await writer.FlushAsync(CancellationToken.None);
        Assert.Equal((0, 3L), (reader.Told, reader.FencedAt));
    }

    private sealed class Reader : IProgress
    {
        public int Told { get; private set; }
        public long FencedAt { get; private set; }
        public int Queue => 7;

        public QueueProgress? Progress() => new(7, 3, 100, []);

        public void Written(QueueProgress progress) => Told++;

        public void Fenced(long staleEpoch) => FencedAt = staleEpoch;
    }
}
