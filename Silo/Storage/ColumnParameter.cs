using Npgsql;
using NpgsqlTypes;

namespace SoonShop.Silo.Storage;

/// <summary>A list that is sent as an array, again and again with other items.</summary>
internal sealed class ColumnParameter<TItem>(NpgsqlDbType type)
{
    /// <summary>What is sent.</summary>
    public List<TItem> Items { get; } = [];

    /// <summary>The parameter that has them.</summary>
    public NpgsqlParameter<List<TItem>> Parameter { get; } = new() { NpgsqlDbType = NpgsqlDbType.Array | type };

    /// <summary>
    /// Removes all items. Npgsql measures a parameter before it writes any, and forgets the measure when it is written: after a connection
    /// was lost in between, the next list would be written by the last one's measure. To set the value, be it the same, makes it forget.
    /// </summary>
    public void Restart()
    {
        Items.Clear();
        Parameter.TypedValue = Items;
    }
}
