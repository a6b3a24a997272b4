using Npgsql;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

internal sealed class Administrators(NpgsqlDataSource database) : IAdministrators
{
    public async Task<ImmutableArray<Guid>> ListAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select grain_key from grain_state_user where index -> 'roles' ? 'admin' order by grain_key limit $1");
        command.Parameters.Add(new() { Value = IAdministrators.MaxNotified });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var ids = ImmutableArray.CreateBuilder<Guid>();
        while (await reader.ReadAsync(cancellation))
            ids.Add(Guid.ParseExact(reader.GetString(0), "N"));
        return ids.ToImmutable();
    }
}
