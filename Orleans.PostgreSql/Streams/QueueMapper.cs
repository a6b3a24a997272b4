using System.Security.Cryptography;
using System.Text;
using Orleans.Streams;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>Maps streams to queues with the hash of <c>stream_queue_of</c> in the database.</summary>
internal sealed class QueueMapper : IConsistentRingStreamQueueMapper
{
    private readonly QueueId[] queues;

    public QueueMapper(string provider, int count) =>
        // Spread over the ring, so that each silo's range gets its share.
        queues = [.. Enumerable.Range(0, count).Select(n =>
            QueueId.GetQueueId(provider, (uint)n, (uint)(((1L << 32) * n / count) + ((1L << 31) / count))))];

    public IEnumerable<QueueId> GetAllQueues() => queues;

    public QueueId GetQueueForStream(StreamId streamId) =>
        queues[NumberOf(streamId.GetNamespace() ?? "", streamId.GetKeyAsString(), queues.Length)];

    public IEnumerable<QueueId> GetQueuesForRange(IRingRange range) => queues.Where(q => range.InRange(q.GetUniformHashCode()));

    /// <summary>The number of a stream's queue, from the first three bytes of the SHA-256 of "namespace/key".</summary>
    public static int NumberOf(string streamNamespace, string key, int count)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{streamNamespace}/{key}"));
        return ((hash[0] << 16) | (hash[1] << 8) | hash[2]) % count;
    }
}
