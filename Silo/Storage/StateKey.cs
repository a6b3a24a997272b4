using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace SoonShop.Silo.Storage;

/// <summary>
/// A row of the state table: state name and grain key, as the ADO.NET provider with the SQL of <c>Migrations</c> would
/// name it, so that both find each other's rows.
/// </summary>
internal readonly partial record struct StateKey(string Name, string Key) : IComparable<StateKey>
{
    private static readonly ConcurrentDictionary<string, string> Names = new();

    /// <summary>The row of a grain's state.</summary>
    public static StateKey Of(string stateName, GrainId grain) =>
        new(stateName.Contains('`', StringComparison.Ordinal) ? Names.GetOrAdd(stateName, WithoutVersions) : stateName, KeyText(grain));

    /// <summary>The order in which rows are locked, the same on every silo.</summary>
    public int CompareTo(StateKey other) =>
        string.CompareOrdinal(Name, other.Name) is var byName and not 0 ? byName : string.CompareOrdinal(Key, other.Key);

    public override string ToString() => $"{Name} {Key}";

    /// <summary>
    /// A Guid as 32 digits, a whole number as 16 little-endian bytes written like one, either with its extension after a plus;
    /// any other key as it is.
    /// </summary>
    private static string KeyText(GrainId grain)
    {
        if (!grain.TryGetGuidKey(out var guid, out var extension))
        {
            if (!grain.TryGetIntegerKey(out var number, out extension))
                return grain.Key.ToString()!;
            Span<byte> halves = stackalloc byte[16];
            halves[..8].Clear();
            BinaryPrimitives.WriteInt64LittleEndian(halves[8..], number);
            guid = new Guid(halves);
        }
        // Sixteen zero bytes with an extension are what a key of text alone looks like.
        return extension is null ? guid.ToString("N") : guid == Guid.Empty ? extension : $"{guid:N}+{extension}";
    }

    /// <summary>The name of a generic type without the versions of its arguments' assemblies: a new build finds the old rows.</summary>
    private static string WithoutVersions(string typeName) => AssemblyVersion().Replace(AssemblyOfGeneric().Replace(typeName, "]"), "");

    [GeneratedRegex(", Version=[^\\]]*")]
    private static partial Regex AssemblyVersion();

    [GeneratedRegex("\\], [^\\[\\]]*")]
    private static partial Regex AssemblyOfGeneric();
}
