using Npgsql;
using SoonShop.Health;

namespace SoonShop.Silo.Health;

internal sealed class DatabaseHealth(NpgsqlDataSource database) : IDatabaseHealth
{
    public async Task CheckAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select 1");
        await command.ExecuteScalarAsync(cancellation);
    }
}
