namespace SoonShop.Aggregates;

/// <summary>A first write found a row that the grain had not read. The grain has read it now, and nothing was written.</summary>
internal sealed class StateExistsException(string message) : Exception(message);
