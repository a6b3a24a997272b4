using SoonShop.Imports;

namespace SoonShop.Silo.Imports;

/// <summary>Reads a stored file part by part; one part is in memory at a time.</summary>
internal sealed class ImportFileStream(IImportStore store, Guid jobId) : Stream
{
    private byte[]? part = [];
    private int next, position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (part is not null && position == part.Length)
            (part, position) = (await store.ReadPartAsync(jobId, next++, cancellationToken), 0);
        if (part is null)
            return 0;
        var taken = Math.Min(buffer.Length, part.Length - position);
        part.AsMemory(position, taken).CopyTo(buffer);
        position += taken;
        return taken;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("The database is read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
