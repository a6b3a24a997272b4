using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.ApiKeys;

namespace SoonShop.Silo.ApiKeys;

internal sealed class ApiKeys(NpgsqlDataSource database) : IApiKeys
{
    public async Task<ImmutableArray<ApiKey>> ListAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select state from grain_state where state_name = 'api-key' and index is not null order by index ->> 'createdAt', grain_key "
                + "limit 1000");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var keys = ImmutableArray.CreateBuilder<ApiKey>();
        while (await reader.ReadAsync(cancellation))
            keys.Add(JsonSerializer.Deserialize<StateEnvelope<ApiKeyState>>(
                reader.GetFieldValue<byte[]>(0), StateJson.Options)!.State!.ToView());
        return keys.ToImmutable();
    }
}
