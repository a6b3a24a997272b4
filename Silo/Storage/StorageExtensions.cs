using Npgsql;

namespace SoonShop.Silo.Storage;

/// <summary>Hosting of grain storage.</summary>
internal static class StorageExtensions
{
    /// <summary>Keeps grain states with Orleans' ADO.NET provider and the SQL of <c>Migrations</c>, over a shared data source.</summary>
    public static ISiloBuilder AddShopGrainStorage(this ISiloBuilder silo) =>
        silo.AddAdoNetGrainStorageAsDefault(options => options.Configure<NpgsqlDataSource>((o, database) =>
        {
            o.Invariant = "Npgsql";
            o.DataSource = database;
            o.GrainStorageSerializer = new DocumentSerializer();
        }));
}
