using Npgsql;
using NpgsqlTypes;
using SoonShop.Silo.Storage;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>A column is sent again after a connection was lost while the parameters before it were written.</summary>
[Collection(nameof(StorageProviders))]
public sealed class ColumnParameterTests(StorageProviders silo)
{
    [Fact]
    public async Task what_was_cut_off_leaves_no_trace_in_the_next_batch()
    {
        var column = new ColumnParameter<string>(NpgsqlDbType.Text);
        await CutOffAsync(column, "one", "and another");
        column.Restart();
        column.Items.AddRange(["two", "three", "and a longer one"]);
        Assert.Equal(column.Items, await SendAsync(column, new MemoryStream([1])));
    }

    /// <summary>If this fails, Npgsql has learned to measure anew by itself.</summary>
    [Fact]
    public async Task to_put_in_other_items_is_not_enough()
    {
        var column = new ColumnParameter<string>(NpgsqlDbType.Text);
        await CutOffAsync(column, "one", "and another");
        column.Items.Clear();
        column.Items.AddRange(["two", "three", "and a longer one"]);
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(column, new MemoryStream([1])));
    }

    private async Task CutOffAsync(ColumnParameter<string> column, params string[] items)
    {
        column.Restart();
        column.Items.AddRange(items);
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(column, new BrokenStream()));
    }

    private async Task<string[]> SendAsync(ColumnParameter<string> column, Stream before)
    {
        await using var connection = await silo.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("select $2 from (select $1) first", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = before, NpgsqlDbType = NpgsqlDbType.Bytea });
        command.Parameters.Add(column.Parameter);
        try
        {
            return (string[])(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        }
        finally
        {
            // A parameter belongs to one command at a time.
            command.Parameters.Clear();
        }
    }

    /// <summary>Has a length, and breaks when it is read.</summary>
    private sealed class BrokenStream() : MemoryStream(new byte[100_000])
    {
        public override int Read(Span<byte> buffer) => throw new IOException("broken");

        public override int Read(byte[] buffer, int offset, int count) => throw new IOException("broken");

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new IOException("broken");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("broken");

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => throw new IOException("broken");
    }
}
